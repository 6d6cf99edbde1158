"""Makes golden.safetensors: what PyTorch says about poolings, the linear head and softmax, on small awkward inputs.

The C++ tests compare with these numbers. They are an outside opinion, so they may change only when a case is added or
an input was wrong: never because seqpool gives something else, and never to make a test pass. A newer PyTorch may move
the last bits; the tests' bounds allow for that, so a new version alone is no reason to generate again.

Run it without arguments; it needs `pip install torch==2.13.0 safetensors numpy`. Two runs on one machine give the same
bytes. Every case holds, prefixed with its name:

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
Every row has a real token: PyTorch has no answer for an empty row that would be worth agreeing with.
"""

from pathlib import Path

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


def main():
    torch.manual_seed(0)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)  # The order of a sum, and so its last bit, may depend on the number of threads.

    tensors = {}
    for name, case in cases().items():
        for key, tensor in golden(*case).items():
            assert key == "hidden_states" or tensor.isfinite().all(), f"{name}.{key} is not finite"
            tensors[f"{name}.{key}"] = tensor.contiguous()

    # One key only: save writes several in an order that varies from run to run.
    metadata = {"generated_with": f"torch {torch.__version__.partition('+')[0]}"}
    (Path(__file__).resolve().parent / "golden.safetensors").write_bytes(save(tensors, metadata=metadata))


if __name__ == "__main__":
    main()
