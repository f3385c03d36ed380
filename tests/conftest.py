"""Settings of the whole suite: property tests are the same at every run and have no deadline."""

from hypothesis import HealthCheck, settings

settings.register_profile(
    "adamas",
    derandomize=True,
    deadline=None,
    max_examples=25,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("adamas")
