"""The k slots that are largest under noise."""

import pytest
import torch

from memnets.estimators import NoisyTopK, TopK
from memnets.estimators.choices import gumbel_noise

WEIGHTING = torch.rand(5, 2, 7, generator=torch.Generator().manual_seed(0)).double().softmax(-1)


def test_the_slots_are_those_of_the_noisy_scores_and_the_weights_those_of_the_weighting():
    torch.manual_seed(1)
    address = NoisyTopK(k=3, noise=0.7)(WEIGHTING)
    torch.manual_seed(1)
    noise = gumbel_noise(5, 2, 7).double()
    for b in range(5):
        for h in range(2):
            weights = WEIGHTING[b, h].tolist()
            scores = [
                WEIGHTING[b, h, n].log().item() + 0.7 * noise[b, h, n].item() for n in range(7)
            ]
            kept = sorted(sorted(range(7), key=lambda n: -scores[n])[:3])
            assert address.slots_BHK[b, h].tolist() == kept
            total = sum(weights[n] for n in kept)
            expected = [weights[n] * sum(weights) / total for n in kept]
            assert address.weights_BHK[b, h].tolist() == pytest.approx(expected)


@pytest.mark.parametrize("training", [True, False])
def test_without_noise_and_at_test_it_is_top_k(training):
    noisy = NoisyTopK(k=3, noise=0.0 if training else 1.0, renormalise=False).train(training)
    for mine, theirs in zip(noisy(WEIGHTING), TopK(k=3)(WEIGHTING), strict=True):
        assert torch.equal(mine, theirs)


def test_with_gumbel_noise_of_one_the_first_slot_is_a_sample_of_the_weighting():
    torch.manual_seed(2)
    weighting = WEIGHTING[:1, :1].expand(40_000, 1, 7)
    first = NoisyTopK(k=1)(weighting).slots_BHK[..., 0]
    counts = torch.bincount(first.flatten(), minlength=7) / len(first)
    torch.testing.assert_close(counts.double(), WEIGHTING[0, 0], atol=0.01, rtol=0)


def test_gradient_of_the_kept_weights():
    weighting = WEIGHTING.clone().requires_grad_()

    def weights(weighting):
        torch.manual_seed(3)
        return NoisyTopK(k=3)(weighting).weights_BHK

    assert torch.autograd.gradcheck(weights, weighting)
