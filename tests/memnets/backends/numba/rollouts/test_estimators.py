"""Whole rollouts by estimators that share the ways of others: draws, shares, prices."""

import pytest

from ..unrolled import build, same

OPTIONS = {
    "sampled straight-through": ("straight_through", {"choice": "sample", "price": {}}),
    "hardened, half of it": ("hardened", {"growth": 0.1}),
    "noisy top_k": ("noisy_top_k", {"k": 3}),
    "noisy top_k, truncated": ("noisy_top_k", {"k": 3, "renormalise": False, "noise": 0.3}),
    "noisy top_k, annealed": ("noisy_top_k", {"k": 3, "anneal": 4}),
}


def network(cell, name, controller="lstm"):
    estimator, options = OPTIONS[name]
    made = build(cell, estimator, controller, estimator_options=options)
    if getattr(made.estimator, "share", None) is not None:
        made.estimator.share.value.fill_(0.5)
    made.estimator.advance()
    return made


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", OPTIONS)
def test_an_ntm_is_as_on_the_reference(name, training):
    same(network("ntm", name).train(training), 17, 3)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("name", ["hardened, half of it", "noisy top_k"])
def test_a_dnc_is_as_on_the_reference(name):
    same(network("dnc", name, "feedforward"), 9, 2)
