"""The k slots that are largest under noise."""

import pytest
import torch

from memnets.estimators import NoisyTopK, TopK
from memnets.estimators.choices import gumbel_noise
from memnets.spec import ModelSpec

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


def test_annealed_noise_falls_in_equal_steps_to_nothing():
    estimator = NoisyTopK(k=3, noise=0.8, renormalise=False, anneal=4)
    for update in range(7):
        noise = max(0.8 * (4 - update) / 4, 0.0)
        torch.testing.assert_close(float(estimator.noise), noise, rtol=1e-12, atol=0)
        torch.manual_seed(update)
        found = estimator(WEIGHTING)
        torch.manual_seed(update)
        expected = NoisyTopK(k=3, noise=noise, renormalise=False)(WEIGHTING)
        for mine, theirs in zip(found, expected, strict=True):
            assert torch.equal(mine, theirs)
        estimator.advance()
    for mine, theirs in zip(found, TopK(k=3)(WEIGHTING), strict=True):
        assert torch.equal(mine, theirs)


def test_where_noise_stays_a_file_holds_no_schedule_and_with_one_its_updates():
    plain, first, second = NoisyTopK(), NoisyTopK(anneal=9), NoisyTopK(anneal=9)
    plain.advance()
    assert plain.state_dict() == {} and plain.noise == 1.0
    first.advance()
    second.load_state_dict(first.state_dict())
    assert float(second.noise) == float(first.noise) < 1


def test_an_option_left_out_leaves_the_id_of_a_model_as_it_was():
    options = ModelSpec("ntm", "noisy_top_k", estimator_options={"k": 2}).estimator_options
    assert dict(options) == {"k": 2}


@pytest.mark.parametrize("updates", [0, 1.5, -3])
def test_noise_is_annealed_over_a_whole_number_of_updates(updates):
    with pytest.raises(ValueError, match="anneal must be a whole number, at least 1"):
        NoisyTopK(anneal=updates)
