"""Counts the arithmetic that a model needs: every operation of the reference, as it runs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

COUNTED = (
    "FLOP are those of the reference implementation, forward and backward, per further sequence "
    "in the batch (the difference between two batch sizes, so that what is done once per step, "
    "such as adding up weight gradients over time and the optimiser, is not charged). A matrix "
    "product counts 2 per multiply-add, an elementwise operation 1 per output element, a reduction "
    "1 per input element, an exponential, logarithm or other transcendental 20 per element "
    "(sigmoid and tanh 22, SiLU 23, softmax 24, power 40); moving, indexing, comparing and sorting "
    "count 0."
)

_PRODUCTS: dict[str, Callable[..., int]] = {
    "mm": lambda a, b: 2 * a.shape[0] * a.shape[1] * b.shape[1],
    "bmm": lambda a, b: 2 * a.shape[0] * a.shape[1] * a.shape[2] * b.shape[2],
    "mv": lambda a, b: 2 * a.numel(),
    "dot": lambda a, b: 2 * a.numel(),
}
# FLOP per element of the result; operations without an entry cost 1. What is made of several
# operations costs what these do: silu a sigmoid and a product
_PER_OUTPUT = {
    **dict.fromkeys(("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "erf", "erfc"), 20),
    **dict.fromkeys(("sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "erfinv"), 20),
    **dict.fromkeys(("asinh", "acosh", "atanh", "atan2", "lgamma", "digamma"), 20),
    **dict.fromkeys(("xlogy", "special_xlog1py"), 21),
    **dict.fromkeys(("sigmoid", "tanh", "logit", "special_entr", "elu"), 22),
    **dict.fromkeys(("silu", "glu", "_log_softmax_backward_data"), 23),
    **dict.fromkeys(("_softmax", "_log_softmax", "gelu", "elu_backward", "softplus_backward"), 24),
    **dict.fromkeys(("logaddexp", "logaddexp2", "logcumsumexp"), 45),
    **dict.fromkeys(("sigmoid_backward", "tanh_backward", "addcmul", "addcdiv", "lerp"), 3),
    **dict.fromkeys(("mse_loss_backward", "huber_loss_backward", "smooth_l1_loss_backward"), 3),
    "_softmax_backward_data": 4,
    # the exponential is kept from the way forward
    "log_sigmoid_backward": 5,
    "native_layer_norm_backward": 9,
    "glu_backward": 14,
    "silu_backward": 27,
    "float_power": 40,
    "softplus": 42,
    "log_sigmoid_forward": 44,
    "gelu_backward": 49,
    "mish": 63,
    "mish_backward": 90,
}
# FLOP per element of what goes in, whatever shape comes out
_PER_INPUT = {
    **dict.fromkeys(("sum", "nansum", "mean", "prod", "cumsum", "cumprod"), 1),
    **dict.fromkeys(("amax", "amin", "max", "min", "linalg_vector_norm", "norm"), 1),
    **dict.fromkeys(("var", "std", "var_mean", "std_mean"), 1),
    # gradients are added up where they came from; the result may be a whole table
    **dict.fromkeys(("embedding_dense_backward", "unfold_backward"), 1),
    "mse_loss": 3,
    "native_layer_norm": 4,
    **dict.fromkeys(("huber_loss", "smooth_l1_loss"), 7),
    "logsumexp": 23,
    "binary_cross_entropy_with_logits": 47,
}
_FREE = frozenset(
    """view _unsafe_view reshape expand permute transpose t squeeze unsqueeze slice select
    split unsafe_split split_with_sizes chunk unbind alias detach as_strided unfold
    diagonal narrow clone copy _to_copy cat stack roll flip gather embedding index
    index_select scatter slice_backward select_backward slice_scatter select_scatter
    diagonal_backward empty empty_like new_empty empty_strided new_empty_strided zeros
    zeros_like new_zeros new_full full full_like ones ones_like new_ones zero fill
    arange eye sort argsort topk argmax argmin where masked_fill threshold eq ne lt le
    gt ge logical_not logical_and logical_or bitwise_not bitwise_and bitwise_or isfinite
    isnan any all nll_loss_backward one_hot tril triu constant_pad_nd repeat lift_fresh
    scalar_tensor _local_scalar_dense bernoulli multinomial uniform normal rand randn
    rand_like randn_like exponential random value_selecting_reduction_backward
    _efficientzerotensor""".split()
)


class FlopCounter(TorchDispatchMode):
    """Counts the FLOP of all operations that run inside its `with` block."""

    def __init__(self) -> None:
        super().__init__()
        self.by_operation: Counter[str] = Counter()

    @property
    def total(self) -> int:
        """FLOP so far."""
        return sum(self.by_operation.values())

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        name = func.overloadpacket.__name__
        # an operation in place (add_) costs the same as the one that is not (add)
        name = name[:-1] if name.endswith("_") and not name.endswith("__") else name
        cost = _cost(name, args, result)
        if cost:
            self.by_operation[name] += cost
        return result


def count(work: Callable[[int], object], batch: int = 2) -> int:
    """FLOP of one further sequence in a batch, rounded down to a whole number.

    They are the difference between `work(2 * batch)` and `work(batch)`, over `batch`.
    """
    totals = []
    for size in (batch, 2 * batch):
        with FlopCounter() as counter:
            work(size)
        totals.append(counter.total)
    return (totals[1] - totals[0]) // batch


def _cost(name: str, args: tuple[Any, ...], result: Any) -> int:
    if name in _FREE:
        return 0
    if name in _PRODUCTS:
        return _PRODUCTS[name](*args[:2])
    if name in ("addmm", "baddbmm", "addmv"):
        product = {"addmm": "mm", "baddbmm": "bmm", "addmv": "mv"}[name]
        return _PRODUCTS[product](*args[1:3]) + _numel(result)
    if name in ("scatter_add", "index_add", "scatter_reduce"):
        return _numel(args[3])
    if name == "index_put":
        # put there, or, in the gradient of an index, added
        return _numel(args[2]) if len(args) > 3 and args[3] else 0
    if name == "pow":
        return _numel(result) * (1 if _small_power(args) else 40)
    if name in _PER_INPUT and args and _is_reduction(name, args):
        return _numel(args[0]) * _PER_INPUT[name]
    return _numel(result) * _PER_OUTPUT.get(name, 1)


def _is_reduction(name: str, args: tuple[Any, ...]) -> bool:
    # the max of two tensors is elementwise; the max along an axis is a reduction
    return name not in ("max", "min") or len(args) < 2 or not isinstance(args[1], Tensor)


def _small_power(args: tuple[Any, ...]) -> bool:
    return isinstance(args[1], int | float) and args[1] in (0.5, 1, 2, 3)


def _numel(value: Any) -> int:
    if isinstance(value, Tensor):
        return value.numel()
    found = [leaf for leaf in tree_leaves(value) if isinstance(leaf, Tensor)]
    return max((math.prod(leaf.shape) for leaf in found), default=0)
