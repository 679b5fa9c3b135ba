"""What a model's head reads, and the losses of its logits in parts.

Shapes: B texts, T tokens, D hidden, R positions wanted, C positions of a part, V vocabulary.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

import torch
import torch.nn.functional as F
from torch.overrides import TorchFunctionMode

MAX_LOGITS = 2**25
"""Logits (positions x vocabulary) that are taken whole, with all that cross-entropy makes of them: 1,048 positions of a
vocabulary of 32,000, 128 of one of 262,144."""
PART = 2**27
"""Logits of a part where there are more, in the precision of the model: 256 MiB in bfloat16."""
_CHUNK = 2**21
"""Logits that are brought to float32 at once; they fit a processor's cache."""
_BLOCK = 2**20
"""Numbers of the weight's gradient that are made at once; likewise."""

Behind = Callable[[torch.Tensor], torch.Tensor]
"""What a model makes of its head's output, (C, V) to (C, V): Gemma caps logits, Granite and Cohere scale them."""


@contextmanager
def head_reads(head: torch.nn.Module, select: Callable[[torch.Tensor], torch.Tensor]) -> Iterator[None]:
    """Hand a model's head what `select` makes of its input, hidden_BTD, as long as the block runs.

    The model is called as a whole: whatever it does to logits behind its head (Gemma caps them, Granite and Cohere
    scale them) is done, and DDP, FSDP and DeepSpeed see the call that they need.
    """
    hook = head.register_forward_pre_hook(lambda _, given: select(given[0]))
    try:
        yield
    finally:
        hook.remove()


def losses_at(
    call: Callable[..., Any],
    model: Any,
    rows_R: torch.Tensor,
    positions_R: torch.Tensor,
    targets_R: torch.Tensor,
    **inputs: Any,
) -> torch.Tensor:
    """Return the negative log-likelihood of a token behind each position, losses_R in nats, float32 or better.

    More logits than `MAX_LOGITS` are taken in parts of `PART`, forward and backward, and brought to float32 a few rows
    at a time, which changes losses and gradients by rounding only.

    Args:
        call: the model as it is to be called: itself, or in a wrapper such as DDP.
        model: causal language model, bare.
        rows_R: text of each position.
        positions_R: the position in it.
        targets_R: the token behind it.
        inputs: of the model.
    """
    head = model.get_output_embeddings()
    # DeepSpeed's ZeRO-3 holds a weight only while its module runs.
    plain = type(head) is torch.nn.Linear and not hasattr(head.weight, "ds_id")
    if plain and len(targets_R) * head.out_features > MAX_LOGITS:
        losses_R = _in_parts(call, model, head, rows_R, positions_R, targets_R, inputs)
        if losses_R is not None:
            return losses_R
    with nullcontext() if head is None else head_reads(head, lambda hidden_BTD: hidden_BTD[rows_R, positions_R]):
        logits: torch.Tensor = call(**inputs).logits
    # A model that names no head, or multiplies by its embeddings in place of calling one, gives all.
    logits_RV = logits[rows_R, positions_R] if logits.dim() == 3 else logits
    return F.cross_entropy(at_least_float32(logits_RV), targets_R, reduction="none")


def _in_parts(
    call: Callable[..., Any],
    model: Any,
    head: torch.nn.Linear,
    rows_R: torch.Tensor,
    positions_R: torch.Tensor,
    targets_R: torch.Tensor,
    inputs: dict[str, Any],
) -> torch.Tensor | None:
    """Return the losses; None where what the model does behind its head cannot be repeated.

    Losses are computed within the call, in place of the head, where FSDP has the head's weight at hand. The head gives
    the model a row of numbers in place of logits: what the model makes of them must be what `behind` makes of them. It
    also depends on the losses, by a summand of zero, so that wrappers find their output in the graph.
    """
    decoder, forward = model.get_decoder(), type(model).forward
    found: dict[str, torch.Tensor] = {}
    outputs: list[Any] = []

    def behind(logits_CV: torch.Tensor) -> torch.Tensor:
        # The model's own code, with decoder and head passed over.
        with _forward_is(decoder, lambda *_, **__: outputs[0]), _forward_is(head, lambda _: logits_CV):
            result: torch.Tensor = forward(model, input_ids=inputs["input_ids"][:1, :1], use_cache=False).logits
        return result

    def losses_in_place(hidden_BTD: torch.Tensor) -> torch.Tensor:
        hidden_RD = hidden_BTD[rows_R, positions_R]
        probe_1V = torch.linspace(-40, 40, head.out_features, dtype=hidden_RD.dtype, device=hidden_RD.device)[None]
        found["expected"] = behind(probe_1V)
        found["losses"] = _LinearLosses.apply(  # type: ignore[no-untyped-call]
            hidden_RD, head.weight, head.bias, targets_R, None if found["expected"] is probe_1V else behind,
            torch.is_grad_enabled(), tied,
        )  # fmt: skip
        return probe_1V + 0 * found["losses"].sum().to(probe_1V.dtype)

    keeping = decoder.register_forward_hook(lambda _, __, output: outputs.append(output))
    tied = _Tied(head.weight)
    try:
        with _forward_is(head, losses_in_place), tied if tied.suits() else nullcontext():
            result_1V: torch.Tensor = call(**inputs).logits
    finally:
        keeping.remove()
    if "losses" not in found or not torch.equal(result_1V.to(found["expected"].dtype), found["expected"]):
        return None
    return found["losses"] + 0 * result_1V.flatten()[0].to(found["losses"].dtype)


class _LinearLosses(torch.autograd.Function):
    """Cross-entropy of a linear layer's logits, neither of which is ever whole in float32.

    The gradient at logits is softmax - onehot, times that of the loss, which is known once logits are: it takes their
    place in memory. The loss's own gradient scales rows of the two products in the backward pass.
    """

    @staticmethod
    def forward(
        ctx: Any,
        hidden_RD: torch.Tensor,
        weight_VD: torch.Tensor,
        bias_V: torch.Tensor | None,
        targets_R: torch.Tensor,
        behind: Behind | None,
        with_gradients: bool,
        tied: "_Tied",
    ) -> torch.Tensor:
        kind = hidden_RD.device.type
        dtype = torch.get_autocast_dtype(kind) if torch.is_autocast_enabled(kind) else hidden_RD.dtype
        ctx.save_for_backward(hidden_RD, weight_VD, bias_V, targets_R)
        ctx.dtype, ctx.behind, ctx.tied, ctx.kept = dtype, behind, tied, []
        parts = list(_parts(len(targets_R), len(weight_VD)))
        keeps = with_gradients and any(ctx.needs_input_grad) and len(parts) == 1
        losses = []
        with torch.autocast(kind, enabled=False):
            weight = weight_VD.to(dtype)
            for part in parts:
                logits_CV = _linear(hidden_RD[part].to(dtype), weight, bias_V)
                losses.append(_cross_entropy(logits_CV, targets_R[part], behind, to_gradients=keeps))
            if keeps:
                ctx.kept = [weight, logits_CV]
        return torch.cat(losses)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        (to_losses_R,), (hidden_RD, weight_VD, bias_V, targets_R) = gradients, ctx.saved_tensors
        wants_hidden, wants_weight, wants_bias, *_ = ctx.needs_input_grad
        with torch.autocast(hidden_RD.device.type, enabled=False):
            weight, *kept = ctx.kept or [weight_VD.to(ctx.dtype)]
            ctx.kept = []
            to_hidden_RD = torch.empty_like(hidden_RD) if wants_hidden else None
            to_weight_VD = torch.empty_like(weight_VD) if wants_weight else None
            to_bias_V = torch.zeros_like(bias_V) if wants_bias and bias_V is not None else None
            for part in _parts(len(targets_R), len(weight_VD)):
                hidden_CD = hidden_RD[part].to(ctx.dtype)
                if kept:
                    to_logits_CV = kept.pop()
                else:
                    to_logits_CV = _linear(hidden_CD, weight, bias_V)
                    _cross_entropy(to_logits_CV, targets_R[part], ctx.behind, to_gradients=True)
                scale_C1 = to_losses_R[part, None].to(to_logits_CV.dtype)
                if to_hidden_RD is not None:
                    to_hidden_RD[part] = (to_logits_CV @ weight) * scale_C1
                if to_weight_VD is not None:
                    # In blocks: half precision is brought to the weight's while it is in cache.
                    scaled_CD = hidden_CD * scale_C1
                    for rows in _blocks(len(weight), max(1, _BLOCK // hidden_CD.shape[1])):
                        product = to_logits_CV[:, rows].T @ scaled_CD
                        (to_weight_VD[rows].add_ if part.start else to_weight_VD[rows].copy_)(product)
                if to_bias_V is not None:
                    to_bias_V += (to_losses_R[part] @ at_least_float32(to_logits_CV)).to(to_bias_V.dtype)
                del to_logits_CV
        if ctx.tied.is_embedding:
            ctx.tied.to_weight_VD, to_weight_VD = to_weight_VD, None
        return to_hidden_RD, to_weight_VD, to_bias_V, None, None, None, None


class _Tied(TorchFunctionMode):
    """Context in which the head's weight, where it is the embedding too, has one gradient in place of two.

    The embedding's own is as large as the weight, and zero but for the rows of the batch: here those are added to the
    head's, which the embedding then returns as its own. On a CPU alone, where such additions have a fixed order.
    """

    def __init__(self, weight_VD: torch.Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.weight_VD = weight_VD
        self.is_embedding = False
        self.to_weight_VD: torch.Tensor | None = None

    def suits(self) -> bool:
        """Return whether there will be gradients, on a CPU."""
        return torch.is_grad_enabled() and self.weight_VD.requires_grad and self.weight_VD.device.type == "cpu"

    def __torch_function__(
        self, func: Callable[..., Any], types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        """Replace the first `torch.nn.functional.embedding` of the weight; leave everything else."""
        if func is F.embedding and args[1] is self.weight_VD and not self.is_embedding:
            options = {"padding_idx": None, **(kwargs or {})}
            if not any(options.get(name) for name in ("max_norm", "scale_grad_by_freq", "sparse")):
                self.is_embedding = True
                return _Embedding.apply(*args, options["padding_idx"], self)  # type: ignore[no-untyped-call]
        return func(*args, **(kwargs or {}))


class _Embedding(torch.autograd.Function):
    """Rows of a weight by id, whose gradient is added to that of the head with the same weight."""

    @staticmethod
    def forward(
        ctx: Any, ids: torch.Tensor, weight_VD: torch.Tensor, padding_id: int | None, tied: _Tied
    ) -> torch.Tensor:
        ctx.save_for_backward(ids)
        ctx.padding_id, ctx.tied = padding_id, tied
        return F.embedding(ids, weight_VD)

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> tuple[torch.Tensor | None, ...]:
        (ids,), tied = ctx.saved_tensors, ctx.tied
        sum_VD, tied.to_weight_VD = tied.to_weight_VD, None
        if sum_VD is None:
            sum_VD = torch.zeros_like(tied.weight_VD)
        ids_N, gradient_ND = ids.flatten(), gradients[0].flatten(0, -2)
        if ctx.padding_id is not None:
            gradient_ND = gradient_ND * (ids_N != ctx.padding_id)[:, None]
        return None, sum_VD.index_add_(0, ids_N, gradient_ND.to(sum_VD.dtype)), None, None


def _linear(hidden_CD: torch.Tensor, weight: torch.Tensor, bias_V: torch.Tensor | None) -> torch.Tensor:
    return F.linear(hidden_CD, weight, None if bias_V is None else bias_V.to(weight.dtype))


def _cross_entropy(
    logits_CV: torch.Tensor, targets_C: torch.Tensor, behind: Behind | None, *, to_gradients: bool
) -> torch.Tensor:
    """Return losses_C in float32 or better. Logits are lost; `to_gradients` leaves their losses' gradients."""
    losses = []
    for rows in _blocks(len(logits_CV), max(1, _CHUNK // logits_CV.shape[1])):
        own, targets_c = logits_CV[rows], targets_C[rows, None]
        if behind is not None and to_gradients:
            with torch.enable_grad():
                leaf = own.detach().requires_grad_()
                found_c = F.cross_entropy(at_least_float32(behind(leaf)), targets_c[:, 0], reduction="none")
                own.copy_(torch.autograd.grad(found_c.sum(), leaf)[0])
            losses.append(found_c.detach())
            continue
        values = at_least_float32(own if behind is None else behind(own))
        values.sub_(values.amax(dim=1, keepdim=True))
        at_targets = values.gather(1, targets_c)
        sums_c1 = values.exp_().sum(dim=1, keepdim=True)
        losses.append((sums_c1.log() - at_targets)[:, 0])
        if to_gradients:
            values.div_(sums_c1).scatter_add_(1, targets_c, -torch.ones_like(at_targets))
            own.copy_(values)
    return torch.cat(losses)


def _parts(num_positions: int, vocab_size: int) -> Iterator[slice]:
    return _blocks(num_positions, max(1, PART // vocab_size))


def _blocks(count: int, size: int) -> Iterator[slice]:
    return (slice(start, min(start + size, count)) for start in range(0, count, size))


def at_least_float32(tensor: torch.Tensor) -> torch.Tensor:
    """Convert half precision to float32; float32 and float64 are unchanged."""
    return tensor.to(torch.promote_types(tensor.dtype, torch.float32))


@contextmanager
def _forward_is(module: torch.nn.Module, forward: Callable[..., Any]) -> Iterator[None]:
    """Replace what a module does when it is called; its hooks run."""
    own = vars(module).get("forward")
    module.forward = forward
    try:
        yield
    finally:
        if own is None:
            del module.forward
        else:
            module.forward = own


def last_hidden_states(model: Any, **inputs: Any) -> torch.Tensor:
    """Return the input of the model's head, hidden_BTD; of a model without one, such as an encoder, what it returns."""
    seen: list[torch.Tensor] = []

    def keep(hidden_BTD: torch.Tensor) -> torch.Tensor:
        seen.append(hidden_BTD)
        return hidden_BTD[:, :1]

    head = model.get_output_embeddings()
    if head is None:
        found = model(**inputs)
        if "last_hidden_state" not in found:  # a language model that does not name its head
            found = {"last_hidden_state": model(**inputs, output_hidden_states=True).hidden_states[-1]}
        last: torch.Tensor = found["last_hidden_state"]
        return last
    with head_reads(head, keep):
        model(**inputs)
    return seen[0]
