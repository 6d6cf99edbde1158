"""Makes gradients.safetensors beside it: the gradients of poolings, heads and losses by PyTorch's autograd, in float64.

tests/gradient_golden_test.cpp compares with these numbers. They are an outside opinion, so they may change only when a
case is added or an input was wrong: never because seqpool gives something else, and never to make a test pass. Each
pooling is written here as its definition, of one sequence's real tokens selected, in torch's operations; what torch has
itself (layer norms, activations, multi-head attention, losses) is torch's. No formula of a gradient stands here.

It needs `pip install torch==2.13.0 safetensors==0.8.0 numpy==2.4.6`. Two runs on one machine give the same bytes.

Where two tokens share a maximum, torch.max(dim) and torch.amax disagree on who gets the gradient, and at a kink there is
none. So the numbers are random: no ties, and nothing is exactly 0. What torch would make NaN of has an answer here: a
row without real tokens is zeros, whatever its pooling, and the deviation of a single token is 0; neither depends on a
token.

All tensors are float64, but for masks and labels. In what follows, <pooling>.<name> is a parameter, <pooling>.d_<name>
its gradient, and both have the name that seqpool has for it: "query", "layer_norm.weight".

    x           [batch, seq, hidden]     NaN where the mask is 0. Rows: holes; padded on the left; no real token; one
    mask        [batch, seq]
    d_out       [batch, 3 * hidden]      the gradient of what is pooled: the first columns, as many as the pooling has
    <pooling>.d_tokens                   [batch, seq, hidden], of each pooling in POOLINGS and of mha_<...>, which is
                                         torch.nn.MultiheadAttention of learned queries, and probe; of layer_mix,
                                         three layers [batch, seq, hidden], d_tokens are those of their mean

    vectors     [rows, features]         what heads see
    d_mapped    [rows, features]         the gradient of what they give, as d_out
    <head>.d_in [rows, features]         of each head in HEADS

    long.x      [1, seq, hidden]         numbers near 1000, multiples of 2^-20
    long.mask, long.d_out, long.<pooling>.d_tokens, ...: as above. Gradients of these poolings do not change if the same
                                         is added to all tokens. So torch sees the numbers without the 1000, to whose
                                         square it may lose digits; that it loses no more is checked here

    labels      [batch]                  of <classifier>, in CLASSIFIERS: its loss, and
    targets     [batch, outputs]         d_tokens, and the parameters of the pooling (pooling.query) and of head i
    class_weights, sample_weights        (head.0.weight)
"""

import json
import zlib
from importlib.metadata import version
from pathlib import Path

import torch
from safetensors.torch import save
from torch import nn
from torch.nn import functional as F

SEQ, HIDDEN, FEATURES, CLASSES = 11, 21, 12, 3  # A tile of 8 tokens and 3; a chunk of 16 features and 5.
MASK = torch.tensor([[1, 1, 0, 1, 1, 1, 1, 0, 1, 1, 1],  # More than a tile of tokens, and holes.
                     [0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1],
                     [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
                     [0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]], dtype=bool)
BATCH = len(MASK)


def draw(*shape):
    return torch.randn(shape)


def matrix(out, features):
    return draw(out, features) / features**0.5


def pooled(pool, x, mask, width):
    """One sequence at a time, its real tokens selected. pool may ask for the row's number and its mask."""
    rows = [pool(x[b][keep], b, keep) if keep.any() else torch.zeros(width) for b, keep in enumerate(mask)]
    return torch.stack(rows)


def gradients(out, d_out, of):
    """Name -> d (sum of out * d_out) / d of[name], by autograd; zeros for what out does not depend on."""
    found = torch.autograd.grad(out, list(of.values()), d_out, allow_unused=True, materialize_grads=True)
    return dict(zip(of, found, strict=True))


def leaves(parameters):
    return {name: value.detach().clone().requires_grad_() for name, value in parameters.items()}


def stored(prefix, parameters, found, renamed="d_tokens"):
    """The gradients that were found, "x" under another name, and what they are of."""
    tensors = {f"{prefix}.{name}": value for name, value in parameters.items()}
    return tensors | {f"{prefix}.{renamed if name == 'x' else 'd_' + name}": value for name, value in found.items()}


# ------------------------------------------------------------------------------------------------------------ poolings


def attend(scores, tokens):
    """[n, heads], [n, hidden] -> [heads * hidden]"""
    return (torch.softmax(scores, dim=0).T @ tokens).flatten()


def weighted(weights, tokens):
    return (weights[:, None] * tokens).sum(dim=0) / weights.sum()


def mean_std(tokens, correction):
    n = len(tokens)
    std = tokens.std(dim=0, correction=correction) if n > 1 else torch.zeros(tokens.shape[1])
    return torch.cat([tokens.mean(dim=0), std])


def generalized_mean(tokens, p):
    return tokens.clamp(min=1e-6).pow(p).mean(dim=0).pow(1 / p)


def log_sum_exp(tokens, r):
    return (torch.logsumexp(r * tokens, dim=0) - torch.tensor(float(len(tokens))).log()) / r


def splade(x):
    return torch.log1p(torch.relu(x))


def max_sim(tokens, query):
    return (query @ tokens.T).max(dim=1).values


def selected(query):
    """The rows of a query that QUERY_MASK keeps."""
    return query[QUERY_MASK]


def additive_gelu(x, p):
    u = F.linear(x, p["weight"], p["bias"])
    return F.gelu(F.layer_norm(u, u.shape[1:], p["layer_norm.weight"], p["layer_norm.bias"])) @ p["v"]


QUERY_MASK = torch.tensor([1, 0, 1, 1], dtype=bool)
SCALE = 0.5


def poolings():
    """Name -> parameters, and what makes [width] of a row's real tokens [n, hidden] and the parameters."""
    query = lambda k: matrix(k, HIDDEN)
    additive = {"weight": matrix(10, HIDDEN), "bias": draw(10), "v": draw(10)}
    norm = {"layer_norm.weight": draw(10), "layer_norm.bias": draw(10)}
    self_attentive = {"weight1": matrix(10, HIDDEN), "weight2": matrix(3, 10)}
    positional = {"query": query(2), "position_weight": draw(2) / 4}
    plain = {
        "cls": lambda x, p: x[0],
        "last": lambda x, p: x[-1],
        "sum": lambda x, p: x.sum(dim=0),
        "mean": lambda x, p: x.mean(dim=0),
        "mean_sqrt_len": lambda x, p: x.sum(dim=0) / len(x) ** 0.5,
        "weighted_mean": lambda x, p: weighted(torch.arange(1.0, len(x) + 1), x),
        "weighted_mean_behind_5": lambda x, p: weighted(torch.arange(6.0, len(x) + 6), x),
        "max": lambda x, p: x.max(dim=0).values,
        "min": lambda x, p: x.min(dim=0).values,
        "abs_max": lambda x, p: x.abs().max(dim=0).values,
        "abs_mean": lambda x, p: x.abs().mean(dim=0),
        "mean_max": lambda x, p: (x.mean(dim=0) + x.max(dim=0).values) / 2,
        "root_mean_square": lambda x, p: x.square().mean(dim=0).sqrt(),
        "mean_std": lambda x, p: mean_std(x, 0),
        "mean_std_sample": lambda x, p: mean_std(x, 1),
        "splade_max_relu": lambda x, p: splade(x).max(dim=0).values,
        "splade_sum_relu": lambda x, p: splade(x).sum(dim=0),
        "splade_max_log1p_relu": lambda x, p: torch.log1p(splade(x)).max(dim=0).values,
        "splade_sum_log1p_relu": lambda x, p: torch.log1p(splade(x)).sum(dim=0),
        "by_length": lambda x, p: attend(x.norm(dim=1, keepdim=True), x),  # A scorer of a user's own.
    }
    return {name: ({}, pool) for name, pool in plain.items()} | {
        "generalized_mean_3": ({"p": torch.tensor(3.0)}, lambda x, p: generalized_mean(x, p["p"])),
        "generalized_mean_2.5": ({"p": torch.tensor(2.5)}, lambda x, p: generalized_mean(x, p["p"])),
        "generalized_mean_p": ({"p": 0.5 + 4 * torch.rand(HIDDEN)}, lambda x, p: generalized_mean(x, p["p"])),
        "log_sum_exp": ({"r": torch.tensor(2.0)}, lambda x, p: log_sum_exp(x, p["r"])),
        "attention": ({"query": query(1)[0]}, lambda x, p: attend(x @ p["query"][:, None], x)),
        "attention_scaled": ({"query": query(1)[0]}, lambda x, p: attend(SCALE * x @ p["query"][:, None], x)),
        "attention_3": ({"query": query(3)}, lambda x, p: attend(x @ p["query"].T, x)),
        "attention_5_average": ({"query": query(5)},
                                lambda x, p: attend(SCALE * x @ p["query"].T, x).view(5, -1).mean(dim=0)),
        "positional_attention": (positional, lambda x, p: attend(
            x @ p["query"].T + torch.arange(float(len(x)))[:, None] * p["position_weight"], x)),
        "additive_tanh": (additive, lambda x, p: attend(
            (torch.tanh(F.linear(x, p["weight"], p["bias"])) @ p["v"])[:, None], x)),
        "additive_gelu": (additive | norm, lambda x, p: attend(additive_gelu(x, p)[:, None], x)),
        "self_attentive": (self_attentive, lambda x, p: attend(torch.tanh(x @ p["weight1"].T) @ p["weight2"].T, x)),
        "max_sim": ({"query": query(4)}, lambda x, p: max_sim(x, p["query"]).sum(dim=0, keepdim=True)),
        "max_sim_per_query": ({"query": query(4)}, lambda x, p: max_sim(x, p["query"])),
        "max_sim_normalized": ({"query": query(4)}, lambda x, p: max_sim(F.normalize(x, dim=1), p["query"])),
        "max_sim_masked": ({"query": query(4)}, lambda x, p: max_sim(x, selected(p["query"])).sum(dim=0, keepdim=True)),
        "concat": ({"1.query": query(1)[0]}, lambda x, p: torch.cat([
            x.max(dim=0).values, attend(x @ p["1.query"][:, None], x), x.mean(dim=0)])),
    }


def widths(name):
    if name.startswith("max_sim"):
        return 4 if name in ("max_sim_per_query", "max_sim_normalized") else 1
    if name in ("mean_std", "mean_std_sample", "positional_attention"):
        return 2 * HIDDEN
    return 3 * HIDDEN if name in ("attention_3", "self_attentive", "concat") else HIDDEN


def of_poolings(x, mask, d_out):
    tensors = {}
    for name, (parameters, pool) in poolings().items():
        of = leaves({"x": x} | parameters)
        out = pooled(lambda row, b, keep: pool(row, of), of["x"], mask, widths(name))
        found = gradients(out, d_out[:, : out.shape[1]], of)
        if name == "max_sim_masked":  # The other rows get none, and seqpool does not keep them.
            assert not found["query"][~QUERY_MASK].any()
            found["query"] = selected(found["query"])
        tensors |= stored(name, parameters, found)
    # A weight for each token.
    weights = 0.1 + torch.rand(BATCH, SEQ)
    of = leaves({"x": x, "weights": weights})
    out = pooled(lambda row, b, keep: weighted(of["weights"][b][keep], row), of["x"], mask, HIDDEN)
    return tensors | stored("token_weighted_mean", {"weights": weights}, gradients(out, d_out[:, :HIDDEN], of))


def of_layers(mask, d_out):
    """Root mean squares of a weighted mean of layers."""
    layers = [draw(BATCH, SEQ, HIDDEN) for _ in range(3)]
    weights = (0.5 + torch.rand(3)).requires_grad_()
    mixed = sum(w * layer for w, layer in zip(weights, layers, strict=True)) / weights.sum()
    out = pooled(lambda row, b, keep: row.square().mean(dim=0).sqrt(), mixed, mask, HIDDEN)
    parameters = {f"layer_{i}": layer.masked_fill(~mask[:, :, None], torch.nan) for i, layer in enumerate(layers)}
    found = gradients(out, d_out[:, :HIDDEN], {"x": mixed, "weights": weights})
    return stored("layer_mix", parameters | {"weights": weights}, found)


def randomized(module):
    """A module whose weights are all drawn: initial ones are often 0 or 1, and would hide what is left out."""
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(matrix(*parameter.shape) if parameter.dim() > 1 else draw(*parameter.shape) / 2)
    return module


class AttentionProbe(nn.Module):
    """EleutherAI's: every head has a softmax over scores q x + w place, and a linear map of what it attends to."""

    def __init__(self, heads, outputs):
        super().__init__()
        self.q = nn.Linear(HIDDEN, heads, bias=False)
        self.v = nn.Linear(HIDDEN, heads * outputs)
        self.position_weight = nn.Parameter(torch.empty(heads))
        self.outputs = outputs

    def forward(self, tokens):
        scores = self.q(tokens) + torch.arange(float(len(tokens)))[:, None] * self.position_weight
        values = self.v(tokens).unflatten(1, (-1, self.outputs))
        return torch.einsum("nh,nho->o", torch.softmax(scores, dim=0), values)

    def of_nothing(self):  # What seqpool says: weights that add up to 1 leave the biases.
        return self.v.bias.view(-1, self.outputs).sum(dim=0)


class MultiheadAttention(nn.Module):
    def __init__(self, queries, embed, **arguments):
        super().__init__()
        self.query = nn.Parameter(torch.empty(queries, embed))
        self.attention = nn.MultiheadAttention(embed, **arguments)

    def forward(self, tokens):
        return self.attention(self.query, tokens, tokens, need_weights=False)[0].flatten()

    def of_nothing(self):  # As above: the values' biases, projected.
        bias = self.attention.in_proj_bias
        value = torch.zeros(self.query.shape[1]) if bias is None else bias.chunk(3)[2]
        return self.attention.out_proj(value).repeat(len(self.query))


def of_modules(x, mask, d_out):
    modules = {
        "mha_1": MultiheadAttention(1, 6, num_heads=2, kdim=HIDDEN, vdim=HIDDEN),
        "mha_3": MultiheadAttention(3, HIDDEN, num_heads=3, bias=False),
        "mha_2": MultiheadAttention(2, HIDDEN, num_heads=3),
        "probe": AttentionProbe(2, CLASSES),
    }
    tensors = {}
    for name, module in modules.items():
        parameters = {key.removeprefix("attention."): value for key, value in randomized(module).named_parameters()}
        of = {"x": x.clone().requires_grad_()} | parameters
        rows = [module(row[keep]) if keep.any() else module.of_nothing()
                for row, keep in zip(of["x"], mask, strict=True)]
        out = torch.stack(rows)
        tensors |= stored(name, parameters, gradients(out, d_out[:, : out.shape[1]], of))
    return tensors


# --------------------------------------------------------------------------------------------------------------- heads

ACTIVATIONS = {
    "identity": lambda x: x,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "gelu": F.gelu,
    "gelu_tanh": lambda x: F.gelu(x, approximate="tanh"),
    "silu": F.silu,
    "sigmoid": torch.sigmoid,
}


def keep_largest(x, k):
    kept = torch.zeros_like(x).scatter(1, x.abs().topk(k, dim=1).indices, 1.0)
    return x * kept


def norm(x, p, name=""):
    return F.layer_norm(x, x.shape[1:], p.get(name + "weight"), p.get(name + "bias"))


def heads():
    """Name -> parameters, and what makes [rows, width] of [rows, features] and the parameters."""
    linear = lambda out, prefix="", features=FEATURES: {
        prefix + "weight": matrix(out, features), prefix + "bias": draw(out)}
    apply = lambda x, p, prefix="": F.linear(x, p[prefix + "weight"], p.get(prefix + "bias"))
    dense = {f"dense_{name}": (linear(7, "linear."), lambda x, p, a=activation: a(apply(x, p, "linear.")))
             for name, activation in ACTIVATIONS.items()}
    activate = {f"activate_{name}": ({}, lambda x, p, a=activation: a(x)) for name, activation in ACTIVATIONS.items()}
    scales = {"scale": draw(FEATURES), "shift": draw(FEATURES)}
    return dense | activate | {
        "linear": (linear(7), apply),
        "linear_without_bias": ({"weight": matrix(7, FEATURES)}, apply),
        "dense_residual": (linear(FEATURES, "linear."), lambda x, p: F.gelu(apply(x, p, "linear.")) + x),
        "dense_projection": (linear(7, "linear.") | {"residual.weight": matrix(7, FEATURES)},
                             lambda x, p: torch.tanh(apply(x, p, "linear.")) + apply(x, p, "residual.")),
        "layer_norm": ({"weight": draw(FEATURES), "bias": draw(FEATURES)}, norm),
        "layer_norm_without_bias": ({"weight": draw(FEATURES)}, norm),
        "layer_norm_plain": ({}, norm),
        "standardize": ({}, lambda x, p: (x - x.mean(dim=1, keepdim=True)) / (x.std(dim=1, keepdim=True) + 1e-5)),
        "normalize_2": ({}, lambda x, p: F.normalize(x, dim=1)),
        "normalize_1": ({}, lambda x, p: F.normalize(x, p=1, dim=1)),
        "normalize_3": ({}, lambda x, p: F.normalize(x, p=3, dim=1)),
        "normalize_inf": ({}, lambda x, p: F.normalize(x, p=torch.inf, dim=1)),
        "affine": (scales, lambda x, p: p["scale"] * x + p["shift"]),
        "affine_of_numbers": ({"scale": draw(), "shift": draw()}, lambda x, p: p["scale"] * x + p["shift"]),
        "truncate_5": ({}, lambda x, p: x[:, :5]),
        "keep_largest_4": ({}, lambda x, p: keep_largest(x, 4)),
        "query_mean_3": ({}, lambda x, p: x.view(len(x), 3, -1).mean(dim=1)),
        "each_query_3": (linear(2, "0.", 4), lambda x, p: torch.tanh(apply(x.view(-1, 4), p, "0.")).view(len(x), -1)),
        "skip_connection": (linear(7, "0.") | linear(FEATURES, "2.", 7),
                            lambda x, p: x + apply(F.gelu(apply(x, p, "0."), approximate="tanh"), p, "2.")),
        "sequential": ({"0.weight": draw(FEATURES), "0.bias": draw(FEATURES)} | linear(9, "1.") | linear(7, "3.", 9),
                       lambda x, p: F.normalize(
                           apply(F.silu(apply(norm(x, p, "0."), p, "1.")), p, "3."), dim=1)),
        # Two heads of two queries: values [4, 3], 2 outputs a head, and 5 of both.
        "value_projection": (linear(4, "v_proj.", 3) | linear(5, "out_proj.", 4), lambda x, p: apply(torch.einsum(
            "nqkh,koh->nqko", x.view(-1, 2, 2, 3), p["v_proj.weight"].view(2, 2, 3)).flatten(2)
            + p["v_proj.bias"], p, "out_proj.").flatten(1)),
    }


def of_heads():
    x, d_mapped = draw(5, FEATURES), draw(5, FEATURES)
    tensors = {"vectors": x, "d_mapped": d_mapped}
    for name, (parameters, head) in heads().items():
        of = leaves({"x": x} | parameters)
        out = head(of["x"], of)
        tensors |= stored(name, parameters, gradients(out, d_mapped[:, : out.shape[1]], of), "d_in")
    return tensors


# -------------------------------------------------------------------------------------------------------------- losses


def of_classifiers(x, mask):
    labels, targets = torch.tensor([0, 2, 1, 2]), torch.rand(BATCH, CLASSES)
    class_weights, sample_weights = torch.tensor([0.5, 2.0, 1.25]), torch.tensor([1.0, 0.25, 3.0, 0.5])
    tensors = {"labels": labels, "targets": targets, "class_weights": class_weights, "sample_weights": sample_weights}

    def linear(i, out, features):
        return {f"head.{i}.weight": matrix(out, features), f"head.{i}.bias": draw(out)}

    def apply(i, rows, p):
        return F.linear(rows, p[f"head.{i}.weight"], p.get(f"head.{i}.bias"))

    def attention(rows, p):
        queries = p["pooling.query"].view(-1, HIDDEN)
        return pooled(lambda row, b, keep: attend(row @ queries.T, row), rows, mask, queries.numel())

    def network(rows, p):  # {Mean, Linear, LayerNorm, Activate, Linear}
        mean = pooled(lambda row, b, keep: row.mean(dim=0), rows, mask, HIDDEN)
        normed = F.layer_norm(apply(0, mean, p), (8,), p["head.1.weight"], p["head.1.bias"])
        return apply(3, F.gelu(normed), p)

    def largest(rows, p):
        return apply(0, pooled(lambda row, b, keep: row.max(dim=0).values, rows, mask, HIDDEN), p)

    def cross_entropy(logits):
        return F.cross_entropy(logits, labels)

    def weighted_cross_entropy(logits):  # scikit-learn's weights: of the sample times of its class
        s = sample_weights * class_weights[labels]
        return (s * F.cross_entropy(logits, labels, reduction="none")).sum() / s.sum()

    def of_one_logit(logits):
        return F.binary_cross_entropy_with_logits(logits[:, 0], (labels == 2).double())

    def binary_cross_entropy(logits):
        terms = F.binary_cross_entropy_with_logits(logits, targets, weight=class_weights, reduction="none")
        return (sample_weights * terms.sum(dim=1)).sum() / sample_weights.sum()

    def squared_error(outputs):
        return CLASSES / 2 * F.mse_loss(outputs, targets)

    norms = {"head.1.weight": draw(8), "head.1.bias": draw(8)}
    classifiers = {
        "classifier_attention": ({"pooling.query": matrix(1, HIDDEN)[0]} | linear(0, CLASSES, HIDDEN),
                                 lambda rows, p: apply(0, attention(rows, p), p), cross_entropy),
        "classifier_attention_3": ({"pooling.query": matrix(3, HIDDEN)} | linear(0, CLASSES, 3 * HIDDEN),
                                   lambda rows, p: apply(0, attention(rows, p), p), weighted_cross_entropy),
        "classifier_network": (linear(0, 8, HIDDEN) | norms | linear(3, CLASSES, 8), network, cross_entropy),
        "classifier_one_logit": (linear(0, 1, HIDDEN), largest, of_one_logit),
        "classifier_several_labels": (linear(0, CLASSES, HIDDEN), largest, binary_cross_entropy),
        "regression": ({"head.0.weight": matrix(CLASSES, HIDDEN)}, largest, squared_error),
    }
    for name, (parameters, classifier, loss_of) in classifiers.items():
        of = leaves({"x": x} | parameters)
        loss = loss_of(classifier(of["x"], of))
        tensors |= stored(name, parameters, gradients(loss, torch.ones(()), of)) | {f"{name}.loss": loss}
    return tensors


# ------------------------------------------------------------------------------------------------------- long and large


def of_long_rows():
    seq, hidden, offset = 600, 5, 1000
    rounded = lambda numbers, bits: torch.round(numbers * 2.0**bits) / 2.0**bits  # So that 1000 is added exactly.
    x, d_out = rounded(draw(1, seq, hidden), 20), draw(1, 3 * hidden)
    mask = torch.rand(1, seq) < 0.97
    cases = {
        "mean": ({}, lambda tokens, p: tokens.mean(dim=0)),
        "mean_std": ({}, lambda tokens, p: mean_std(tokens, 0)),
        "log_sum_exp": ({"r": torch.tensor(2.0)}, lambda tokens, p: log_sum_exp(tokens, p["r"])),
        # Products with them are exact, so that scores near 1000 are.
        "attention": ({"query": rounded(draw(hidden) / 4, 20)},
                      lambda tokens, p: attend(tokens @ p["query"][:, None], tokens)),
        "attention_3": ({"query": rounded(draw(3, hidden) / 4, 20)},
                        lambda tokens, p: attend(tokens @ p["query"].T, tokens)),
    }
    tensors = {"x": x + offset, "mask": mask, "d_out": d_out}
    for name, (parameters, pool) in cases.items():
        found = []
        for added in (0, offset):
            of = leaves({"x": x + added} | parameters)
            out = pool(of["x"][mask], of)
            found.append(gradients(out, d_out[0, : len(out)], of))
        for key in found[0]:
            apart = (found[0][key] - found[1][key]).abs().max() / found[0][key].abs().max()
            assert apart <= 100 * offset**2 * torch.finfo(torch.float64).eps, f"{name}: d_{key} is {apart} off"
        tensors |= stored(name, parameters, found[0])
    tensors["x"] = torch.where(mask[:, :, None], tensors["x"], torch.nan)
    return {f"long.{name}": value for name, value in tensors.items()}


def make():
    x, d_out = draw(BATCH, SEQ, HIDDEN), draw(BATCH, 3 * HIDDEN)
    x[~MASK] = torch.nan  # Who counts padding, even with weight zero, gets NaN and fails.
    tensors = {"x": x, "mask": MASK, "d_out": d_out, "query_mask": QUERY_MASK}
    for part, arguments in [(of_poolings, (x, MASK, d_out)), (of_layers, (MASK, d_out)),
                            (of_modules, (x, MASK, d_out)), (of_heads, ()), (of_classifiers, (x, MASK)),
                            (of_long_rows, ())]:
        torch.manual_seed(zlib.crc32(part.__name__.encode()))  # A new case changes the numbers of its part alone.
        found = part(*arguments)
        assert not tensors.keys() & found.keys()
        tensors |= found
    return tensors


def sorted_header(data):
    """The bytes of a safetensors file, its header's keys sorted: the library writes metadata in a varying order."""
    header_end = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:header_end]), sort_keys=True, separators=(",", ":")).encode("ascii")
    header += b" " * (-len(header) % 8)  # The format pads with spaces, so that the tensors start at a multiple of 8.
    return len(header).to_bytes(8, "little") + header + data[header_end:]


def main(file="gradients.safetensors"):
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)  # The order of a sum, and so its last bit, may depend on the number of threads.
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(zlib.crc32(file.encode()))
    tensors = {name: tensor.detach().contiguous().clone() for name, tensor in make().items()}
    for name, tensor in tensors.items():
        has_padding = name in ("x", "long.x") or name.startswith("layer_mix.layer_")
        assert has_padding or tensor.isfinite().all(), f"{name} is not finite"
    data = sorted_header(save(tensors, metadata={"generated_with": f"torch {version('torch').partition('+')[0]}"}))
    (Path(__file__).resolve().parent / file).write_bytes(data)
    print(file, len(tensors), len(data))


if __name__ == "__main__":
    main()
