"""Two interleaved spirals in the plane: the smallest problem that is hard to separate by eye."""

import numpy as np

from adamas.workloads.classification import Classification, Examples

POINTS_PER_ARM = 1000
NOISE = 0.25
DATA_SEED = 0


def spiral() -> Classification:
    """Return the workload: 2,000 points on two arms, and a 2-32-32-1 network."""
    return Classification(
        name="spiral",
        title="Two spirals",
        description="Tell apart two interleaved spiral arms (2,000 noisy points in the plane) "
        "with a 2-32-32-1 ReLU network.",
        examples=_examples,
        sizes=(2, 32, 32, 1),
        scales=(0.8, 0.5, 0.2),
        epochs=70,
        batch_size=64,
        rules=("momentum:lr=0.05:momentum=0.9", "rmsprop:lr=0.003:decay=0.999", "adam:lr=0.005"),
        watch=("hidden2/weight", (3, 4)),
        target=("accuracy", 0.99),
    )


def _examples() -> tuple[Examples, None]:
    random = np.random.default_rng(DATA_SEED)
    arms = []
    for start in (0.0, np.pi):
        theta = np.linspace(0.5, 4 * np.pi, POINTS_PER_ARM)
        # The radius grows with the angle: r = theta.
        curve = np.stack([np.cos(theta + start), np.sin(theta + start)], axis=1) * theta[:, None]
        arms.append(curve + NOISE * random.standard_normal(curve.shape))
    inputs = np.concatenate(arms) / (4 * np.pi) * 2
    return Examples(inputs.astype(np.float32), np.repeat(np.arange(2), POINTS_PER_ARM)), None
