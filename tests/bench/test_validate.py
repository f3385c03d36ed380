"""Every peer that is installed computes our formula; whoever computes another one is found out."""

from dataclasses import replace

import numpy as np
import pytest

from adamas.bench import tutorial, with_numpy
from adamas.bench.contestants import CONTESTANTS, LIMIT, missing
from adamas.bench.data import Data
from adamas.bench.peers import PEERS
from adamas.bench.stepper import Contestant
from adamas.bench.validate import disagrees
from adamas.bench.work import SPECIAL, Work, read_work

WORKS = read_work(",".join(["all", *SPECIAL]))
# What is known to be another formula, and why.
KNOWN = {
    ("bfloat16", "keras"): "it computes in bfloat16, where beta2 = 0.99 is 0.988",
    ("float16", "keras"): "it computes in float16, where squares of gradients are 0",
}


# One test for each contestant, so that each library is imported by one process of a parallel run.
@pytest.mark.parametrize("name", [name for name in CONTESTANTS if name != LIMIT])
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_contestants_compute_our_formula(name: str) -> None:
    contestant = CONTESTANTS[name]
    checked = []
    for work in WORKS:
        if (reason := missing(contestant, work)) is not None:
            if "not installed" in reason:
                pytest.skip(reason)
            continue
        checked.append(work.name)
        verdict = disagrees(contestant, work)
        if (work.name, name) in KNOWN:
            assert verdict is not None, f"{work.name}: {KNOWN[work.name, name]} holds no longer"
        else:
            assert verdict is None, f"{work.name}: {verdict}"
    assert len(checked) > 3


def _wrong_adam(p, g, s, t, h):
    """Adam with eps under the root: the kind of difference that two libraries have."""
    s["m"] = h["beta1"] * s.get("m", 0) + (1 - h["beta1"]) * g
    s["v"] = h["beta2"] * s.get("v", 0) + (1 - h["beta2"]) * g**2
    m_hat = s["m"] / (1 - h["beta1"] ** t)
    v_hat = s["v"] / (1 - h["beta2"] ** t)
    p -= h["lr"] * m_hat / np.sqrt(v_hat + h["eps"])


def _adam_without_correction(p, g, s, t, h):
    s["m"] = h["beta1"] * s.get("m", 0) + (1 - h["beta1"]) * g
    s["v"] = h["beta2"] * s.get("v", 0) + (1 - h["beta2"]) * g**2
    p -= h["lr"] * s["m"] / (np.sqrt(s["v"]) + h["eps"])


def _idle(p, g, s, t, h):
    s.setdefault("m", g)


@pytest.mark.parametrize("wrong", [_wrong_adam, _adam_without_correction, _idle])
def test_another_formula_is_refused(wrong, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(tutorial.TUTORIAL, "adam", wrong)
    verdict = disagrees(CONTESTANTS["numpy"], read_work("adam")[0])
    assert verdict is not None
    assert verdict.startswith("another formula: step 1 is off by")


def test_what_is_not_a_number_is_refused() -> None:
    class Broken(with_numpy.Tutorial):
        def parameters(self):
            return [p + np.nan for p in self.tensors]

    broken = Contestant("numpy", "", lambda work: None, Broken)
    assert disagrees(broken, read_work("adam")[0]) == "another formula: step 1 is not finite"


def test_decay_that_is_left_out_shows_at_the_default_learning_rate() -> None:
    """The hyperparameters of the check are telling whatever those of the work are."""

    def make(work: Work, data: Data) -> with_numpy.Ours:
        return with_numpy.Ours(work.rule.bind({"weight_decay": 0.0}), data)

    lazy = replace(CONTESTANTS["adamas"], make=make)
    assert disagrees(lazy, read_work("adamw:lr=1e-6")[0]) is not None


def test_peers_use_hyperparameters_that_their_rule_has() -> None:
    works = {work.name: work for work in read_work("all")}
    assert set(PEERS) <= set(works)
    for name, libraries in PEERS.items():
        for peer in libraries.values():
            peer.bind(works[name].values)
            assert set(peer.equal_at) <= set(works[name].values)
