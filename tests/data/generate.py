"""Makes the golden files: what others say about poolings, the linear head and softmax, on small awkward inputs.

golden.safetensors          PyTorch's formulas: cls, last, mean, max and attention pooling, and heads
golden_pooling.safetensors  the Pooling module of sentence-transformers, and float64 formulas for what it does not have

The C++ tests compare with these numbers. They are an outside opinion, so they may change only when a case is added or
an input was wrong: never because seqpool gives something else, and never to make a test pass. A newer PyTorch may move
the last bits; the tests' bounds allow for that, so a new version alone is no reason to generate again.

Run it without arguments for both files, or with the names of those to make. It needs
`pip install torch==2.13.0 sentence-transformers==6.2.0 safetensors==0.8.0 numpy==2.4.6`; golden.safetensors does
without sentence-transformers. Two runs on one machine give the same bytes. Every row has a real token: neither PyTorch
nor sentence-transformers has an answer for an empty row that would be worth agreeing with.

Every case of golden.safetensors holds, prefixed with its name:

    hidden_states      [batch, seq, hidden]  in the case's dtype, NaN where the mask is 0
    attention_mask     [batch, seq]          in a different dtype from case to case, as exports differ too
    query              [hidden]
    cls, last          [batch, hidden]       the first and the last real token
    mean, max          [batch, hidden]       over the real tokens
    attention          [batch, hidden]       softmax over the real tokens of query·token, not scaled
    weight, bias       [classes, hidden], [classes]
    logits             [batch, classes]      the linear head of mean
    probabilities, log_probabilities         [batch, classes], of logits

All but the inputs are float32, computed in float32, or float64 in the one case whose hidden states are.

Every case of golden_pooling.safetensors holds, all but the mask in the dtype of the case:

    hidden_states      [batch, seq, hidden]  NaN where the mask is 0; sentence-transformers saw numbers there, because
                                             it multiplies by the mask, and 0 · NaN is NaN
    attention_mask     [batch, seq]          int64
    token_weights      [batch, seq]          w, positive, also in padding; 0 for the real tokens of the last row
  by sentence-transformers:
    cls, max, mean, lasttoken                [batch, hidden]
    mean_sqrt_len_tokens, weightedmean       [batch, hidden], not for left padding
    cls_mean_max       [batch, 3 * hidden]   pooling_mode ["cls", "mean", "max"], in the order of that list (older
                                             boolean configs mean cls, max, mean); not for left padding
  by NumPy, in float64 over the real tokens x_1 ... x_n of a row, rounded to the dtype at the end:
    weightedmean_real  [batch, hidden]       sum p x_p / sum p, for left padding only, where sentence-transformers
                                             agrees since 6.2; up to 6.1 it counted p from the first padded token
    token_weighted_mean                      [batch, hidden], sum w x / sum w; zeros for the last row
    sum, min           [batch, hidden]
"""

import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save

CLASSES = 5
BATCH, SEQ, HIDDEN = 5, 9, 33  # Odd on purpose: no vector register divides 33.
LENGTHS = [9, 1, 4, 8, 3]  # A full row, a single token, and everything between.


def right_padding():
    return torch.arange(SEQ) < torch.tensor(LENGTHS)[:, None]


def left_padding():
    return right_padding().flip(dims=[1])


def holes():
    mask = torch.rand(BATCH, SEQ) < 0.6
    mask[0, 0] = False  # Runs that start late, ...
    mask[1, -1] = False  # ... that end early, ...
    mask[2] = torch.arange(SEQ) % 2 == 1  # ... and that are one token long, each between two masked ones.
    assert mask.any(dim=1).all(), "a row without a real token"
    return mask


def states(dtype):
    # Drawn in float64 and then rounded, so that a dtype's numbers are what an encoder of that dtype would hand over.
    return torch.randn(BATCH, SEQ, HIDDEN, dtype=torch.float64).to(dtype)


def golden(hidden_states, mask, mask_dtype):
    """Inputs and PyTorch's results for one case."""
    scalar = torch.promote_types(hidden_states.dtype, torch.float32)
    hidden = hidden_states.shape[2]
    query = torch.randn(hidden, dtype=scalar) / hidden**0.5
    weight = torch.randn(CLASSES, hidden, dtype=scalar) / hidden**0.5
    bias = torch.randn(CLASSES, dtype=scalar)

    # One sequence at a time, its real tokens selected: plain formulas without a mask in them, so nothing to get wrong.
    sequences = [row[keep].to(scalar) for row, keep in zip(hidden_states, mask, strict=True)]
    mean = torch.stack([tokens.mean(dim=0) for tokens in sequences])
    logits = torch.nn.functional.linear(mean, weight, bias)

    padded_states = hidden_states.clone()
    padded_states[~mask] = torch.nan  # A reader that counts padding, even with weight zero, gets NaN and fails.
    return {
        "hidden_states": padded_states,
        "attention_mask": mask.to(mask_dtype),
        "query": query,
        "cls": torch.stack([tokens[0] for tokens in sequences]),
        "last": torch.stack([tokens[-1] for tokens in sequences]),
        "mean": mean,
        "max": torch.stack([tokens.amax(dim=0) for tokens in sequences]),
        "attention": torch.stack([torch.softmax(tokens @ query, dim=0) @ tokens for tokens in sequences]),
        "weight": weight,
        "bias": bias,
        "logits": logits,
        "probabilities": torch.softmax(logits, dim=1),
        "log_probabilities": torch.log_softmax(logits, dim=1),
    }


def cases():
    """Name -> hidden states, boolean mask, dtype in which the mask is stored."""
    # A large common offset: float32 keeps 14 binary digits behind the point, and a long sum loses those first.
    # Logits go from 550 to -1690 here: a softmax that forgets to shift overflows.
    offset_states = 1000 + torch.randn(2, 300, 7)
    return {
        "f32_right": (states(torch.float32), right_padding(), torch.int64),
        "f32_left": (states(torch.float32), left_padding(), torch.int32),
        "f32_holes": (states(torch.float32), holes(), torch.bool),
        "f32_offset": (offset_states, torch.ones(2, 300, dtype=torch.bool), torch.int64),
        "f64_right": (states(torch.float64), right_padding(), torch.uint8),
        "f16_right": (states(torch.float16), right_padding(), torch.float32),
        "bf16_right": (states(torch.bfloat16), right_padding(), torch.int64),
    }


def padding(lengths, seq, left=False):
    mask = torch.arange(seq) < torch.tensor(lengths)[:, None]
    return mask.flip(dims=[1]) if left else mask


def by_sentence_transformers(hidden_states, mask, *modes):
    from sentence_transformers.sentence_transformer.modules import Pooling  # Here, so that golden() does without.

    pooling = Pooling(hidden_states.shape[2], pooling_mode=modes)
    return pooling({"token_embeddings": hidden_states, "attention_mask": mask.to(torch.int64)})["sentence_embedding"]


def weighted_mean(weights, tokens):
    total = weights.sum()
    return (weights[:, None] * tokens).sum(axis=0) / total if total > 0 else np.zeros(tokens.shape[1])


def golden_pooling(hidden_states, mask, left):
    """Inputs and results for one case of golden_pooling.safetensors."""
    dtype = hidden_states.dtype
    token_weights = 0.1 + torch.rand(mask.shape, dtype=dtype)
    token_weights[-1, mask[-1]] = 0

    # One sequence at a time, its real tokens selected, as in golden().
    sequences = [row[keep].double().numpy() for row, keep in zip(hidden_states, mask, strict=True)]
    weights = [row[keep].double().numpy() for row, keep in zip(token_weights, mask, strict=True)]

    def by_numpy(rows):
        return torch.from_numpy(np.stack(list(rows))).to(dtype)

    modes = ["cls", "max", "mean", "lasttoken"] + ([] if left else ["mean_sqrt_len_tokens", "weightedmean"])
    results = {mode: by_sentence_transformers(hidden_states, mask, mode) for mode in modes}
    if left:
        results["weightedmean_real"] = by_numpy(weighted_mean(np.arange(1.0, len(x) + 1), x) for x in sequences)
    else:
        results["cls_mean_max"] = by_sentence_transformers(hidden_states, mask, "cls", "mean", "max")

    padded_states = hidden_states.clone()
    padded_states[~mask] = torch.nan
    return {
        "hidden_states": padded_states,
        "attention_mask": mask.to(torch.int64),
        **results,
        "token_weights": token_weights,
        "token_weighted_mean": by_numpy(map(weighted_mean, weights, sequences)),
        "sum": by_numpy(x.sum(axis=0) for x in sequences),
        "min": by_numpy(x.min(axis=0) for x in sequences),
    }


def pooling_cases():
    """Name -> hidden states, boolean mask, whether padding is on the left."""

    def case(dtype, hidden, lengths, seq, left=False):
        states = torch.randn(len(lengths), seq, hidden, dtype=torch.float64).to(dtype)
        return states, padding(lengths, seq, left), left

    # Full rows, single tokens, lengths beside powers of two. No row of f64_right is full: a column only of padding.
    return {
        "f32_right": case(torch.float32, 33, [40, 1, 31, 17], 40),
        "f32_unpadded": case(torch.float32, 33, [23, 23, 23], 23),
        "f32_left": case(torch.float32, 33, [37, 16, 1, 29], 37, left=True),
        "f32_long": case(torch.float32, 17, [300, 257, 130], 300),
        "f64_right": case(torch.float64, 33, [32, 1, 9, 15], 33),
    }


def make_golden():
    torch.manual_seed(0)
    return {name: golden(*case) for name, case in cases().items()}


def make_golden_pooling():
    torch.manual_seed(1)
    return {name: golden_pooling(*case) for name, case in pooling_cases().items()}


# File -> what makes its cases, the packages that its metadata names.
FILES = {
    "golden.safetensors": (make_golden, ["torch"]),
    "golden_pooling.safetensors": (make_golden_pooling, ["sentence-transformers", "torch", "numpy"]),
}


def main(files):
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)  # The order of a sum, and so its last bit, may depend on the number of threads.

    for file in files:
        make, packages = FILES[file]
        tensors = {}
        for name, case in make().items():
            for key, tensor in case.items():
                assert key == "hidden_states" or tensor.isfinite().all(), f"{name}.{key} is not finite"
                tensors[f"{name}.{key}"] = tensor.contiguous()

        # One key only: save writes several in an order that varies from run to run.
        versions = ", ".join(f"{package} {version(package).partition('+')[0]}" for package in packages)
        (Path(__file__).resolve().parent / file).write_bytes(save(tensors, metadata={"generated_with": versions}))


if __name__ == "__main__":
    main(sys.argv[1:] or FILES)
