# SPDX-License-Identifier: MIT
"""Writes what Python saved as pickles as safetensors beside them, which seqpool reads.

    python3 to_safetensors.py FOLDER

What may be in a model's folder, and what it becomes there:

    pytorch_model.bin, also in a module's folder       model.safetensors
    pytorch_model.bin.index.json and its shards        model.safetensors.index.json and shards, one after the other
    colbert_linear.pt, sparse_linear.pt of BGE-M3      colbert_linear.safetensors, sparse_linear.safetensors
    adapter_config.json of PEFT (LoRA), and its base   merged/, a model's folder
    model_head.pkl of SetFit, other .pkl, .joblib      model_head.safetensors, ..., with --trust-pickle

Instead of FOLDER it may be one such file. Pickles stay as they are, and so does what is there already.

    pip install torch safetensors                      for tensors
    pip install peft                                   for adapters
    pip install scikit-learn safetensors               for heads
"""
import argparse
import contextlib
import importlib
import json
import os
import pathlib
import re
import shutil
import sys
import zipfile

LINEARS = ("colbert_linear.pt", "sparse_linear.pt")
HEADS = (".pkl", ".joblib")
# The class of Transformers that an adapter of a task was trained on.
TASKS = {"SEQ_CLS": "AutoModelForSequenceClassification", "TOKEN_CLS": "AutoModelForTokenClassification",
         "CAUSAL_LM": "AutoModelForCausalLM", "SEQ_2_SEQ_LM": "AutoModelForSeq2SeqLM", "FEATURE_EXTRACTION": "AutoModel"}
# An adapter's tensors that have a row for each class.
CLASSES = re.compile(r"\.(classifier|score|logits_proj|classification_head)(\.out_proj)?(\.lora_B)?\.weight$")


class Refusal(Exception):
    """What cannot be converted, and why."""


def package(name, of=None):
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Refusal(f"needs a package: pip install {of or name} ({error})") from error


def first_line(error):
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0]}"


def is_done(target):
    if target.exists():
        print(f"{target}: is there already")
    return target.exists()


@contextlib.contextmanager
def whole(target, source):
    """A path to write to, which becomes `target` once all is written; who may read the file `source` may read it."""
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        yield part
        if part.is_file():
            shutil.copymode(source, part)
        os.replace(part, target)
    except BaseException:
        if part.is_dir():
            shutil.rmtree(part)
        part.unlink(missing_ok=True)
        raise


# ----------------------------------------------------------------------------------------------------------------------
# Tensors


def load(path):
    """The tensors by name that torch.save wrote. Code in the file is not run: weights_only takes tensors alone."""
    torch = package("torch")
    if tuple(int(part) for part in torch.__version__.split(".")[:2]) < (2, 6):
        raise Refusal(f"needs torch 2.6 or newer, this is {torch.__version__}: older ones do not keep to weights_only")
    with path.open("rb") as file:
        if file.read(23) == b"version https://git-lfs":
            raise Refusal(f"{path}: is a pointer of Git LFS, whose file was not fetched; run git lfs pull")
    try:
        # An archive's tensors are mapped; before torch 1.6 a file was none.
        found = torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
    except Exception as error:  # of a broken file it may be any
        code = re.search(r"GLOBAL (\S+)", str(error))
        if code:
            raise Refusal(f"{path}: holds {code[1]}, which is code that loading it would run: it is not loaded. Save "
                          "model.state_dict() where the file was made") from None
        # Not in torch's words, which tell how to load it without weights_only.
        raise Refusal(f"{path}: cannot be read as tensors that torch.save wrote; it is another kind of file, or a part of "
                      f"one, or holds more than tensors ({type(error).__name__})") from None
    if not isinstance(found, dict):
        raise Refusal(f"{path}: holds a {type(found).__name__}, expected tensors by name, as model.state_dict() gives them")
    tensors, storages = {}, set()
    for name, tensor in found.items():
        if not isinstance(name, str) or not isinstance(tensor, torch.Tensor):
            raise Refusal(f"{path}: key {name!r} is a {type(tensor).__name__}, expected tensors by name alone")
        if tensor.layout != torch.strided or tensor.is_quantized:
            raise Refusal(f"{path}: tensor '{name}' is sparse or quantized, which safetensors has no words for")
        tensor = tensor.detach().contiguous()
        storage = tensor.untyped_storage().data_ptr()
        tensors[name] = tensor.clone() if storage in storages else tensor  # tied to one before, or a part beside a part
        storages.add(storage)
    return tensors


def save(tensors, target, source):
    save_file = package("safetensors.torch", "safetensors").save_file
    with whole(target, source) as part:
        save_file(tensors, part, {"format": "pt"})
    print(f"{target}: {len(tensors)} tensors, {target.stat().st_size} bytes, of {source.name}")


def convert_tensors(path):
    name = "model" if path.name == "pytorch_model.bin" else path.stem
    target = path.with_name(name + ".safetensors")
    if target == path:
        raise Refusal(f"{path}: would be written over; if it is a pickle, rename it to {path.stem}.bin")
    if not is_done(target):
        save(load(path), target, path)


def convert_shards(index):
    """File by file, of which one is in memory."""
    target = index.with_name("model.safetensors.index.json")
    if is_done(target):
        return
    try:
        document = json.loads(index.read_text("utf-8"))
        shards = sorted(set(document["weight_map"].values()))
    except (ValueError, KeyError, AttributeError, TypeError) as error:
        raise Refusal(f"{index}: gives no file for each tensor ({first_line(error)})") from error
    weight_map, size = {}, 0
    for shard in shards:
        source = index.with_name(os.path.basename(shard))
        if source.name != shard:
            raise Refusal(f"{index}: names '{shard}', which leads out of the folder")
        if not source.exists():
            raise Refusal(f"{source}: is missing, though {index.name} names it")
        tensors = load(source)
        written = source.with_name(re.sub("^pytorch_model", "model", source.stem) + ".safetensors")
        save(tensors, written, source)
        weight_map.update(dict.fromkeys(tensors, written.name))
        size += sum(tensor.nbytes for tensor in tensors.values())
        del tensors
    missing = sorted(set(document["weight_map"]) - set(weight_map))
    if missing:
        raise Refusal(f"{index}: names tensor '{missing[0]}', which is in none of its files")
    with whole(target, index) as part:
        part.write_text(json.dumps({"metadata": {"total_size": size}, "weight_map": weight_map}, indent=2) + "\n", "utf-8")
    print(f"{target}: {len(weight_map)} tensors in {len(shards)} files, of {index.name}")


# ----------------------------------------------------------------------------------------------------------------------
# Adapters


def merge(folder, base):
    """The adapter's base with what the adapter adds to it, as `folder`/merged."""
    target = folder / "merged"
    if is_done(target):
        return
    peft, transformers = package("peft"), package("transformers")
    transformers.logging.set_verbosity_error()  # of tensors that the base lacks it is said below
    adapter = json.loads((folder / "adapter_config.json").read_text("utf-8"))
    base = base or adapter.get("base_model_name_or_path")
    if not base:
        raise Refusal(f"{folder}: does not say what its adapter was trained on; add --base FOLDER")
    if not any((folder / f"adapter_model.{ending}").exists() for ending in ("safetensors", "bin")):
        raise Refusal(f"{folder}: has adapter_config.json and no adapter_model.safetensors")
    weights = peft.load_peft_weights(str(folder), device="cpu")
    by_task = TASKS.get(adapter.get("task_type"))
    name = by_task or (adapter.get("auto_mapping") or {}).get("base_model_class", "")
    if not hasattr(transformers, name):
        raise Refusal(f"{folder}: adapter_config.json has task_type {adapter.get('task_type')!r}, understood are "
                      + ", ".join(TASKS))
    try:
        config = transformers.AutoConfig.from_pretrained(str(folder if (folder / "config.json").exists() else base))
        # Adapters do not say how many classes there are, but for the rows of what was trained.
        rows = [tensor.shape[0] for key, tensor in weights.items() if CLASSES.search(key)]
        if rows and config.num_labels != rows[-1]:
            config.num_labels = rows[-1]
            print(f"{folder}: says nowhere what its {rows[-1]} classes are called; write id2label into merged/config.json")
        model, report = getattr(transformers, name).from_pretrained(
            str(base), config=config, ignore_mismatched_sizes=True, output_loading_info=True)
    except (OSError, ValueError) as error:
        raise Refusal(f"{base}: the adapter's base cannot be loaded; if it lies elsewhere, add --base FOLDER "
                      f"({first_line(error)})") from error
    # What is in neither of the two would be random.
    absent = {*report["missing_keys"], *(mismatched[0] for mismatched in report["mismatched_keys"])}
    for key in sorted(absent if name != "AutoModel" else ()):
        if "base_model.model." + key not in weights:
            raise Refusal(f"{base}: has no tensor '{key}' as the adapter needs it, and the adapter has none: add "
                          "--base FOLDER, the very model that it was trained on")
    merged = peft.PeftModel.from_pretrained(model, str(folder)).merge_and_unload(safe_merge=True)
    with whole(target, folder) as part:
        merged.save_pretrained(part)
    print(f"{target}: a {type(merged).__name__} of {base} and the adapter; read this folder. Its tokenizer is the base's")


# ----------------------------------------------------------------------------------------------------------------------
# Heads


def linear_of(head, path):
    """(weight, bias) of a LogisticRegression, or of one for each label."""
    import numpy as np
    parts = head.estimators_ if type(head).__name__ in ("OneVsRestClassifier", "MultiOutputClassifier") else [head]
    for part in parts:
        if type(part).__name__ not in ("LogisticRegression", "LogisticRegressionCV"):
            raise Refusal(f"{path}: holds a {type(part).__name__}; understood are LogisticRegression, and "
                          "OneVsRestClassifier and MultiOutputClassifier of it")
        if part is not head and part.coef_.shape[0] != 1:
            raise Refusal(f"{path}: one of its labels has {part.coef_.shape[0]} classes, expected yes and no")
    weight = np.concatenate([part.coef_ for part in parts])
    return weight, np.concatenate([np.broadcast_to(part.intercept_, part.coef_.shape[:1]) for part in parts])


def probabilities_of(head, weight, bias, path):
    """Which function of the logits gives the head's own probabilities: it is asked about a few vectors."""
    import numpy as np
    vectors = np.random.default_rng(1).standard_normal((16, weight.shape[1]))
    found = head.predict_proba(vectors)
    if isinstance(found, list):  # yes and no of each label
        found = np.stack([pair[:, 1] for pair in found], 1)
    logits = vectors @ weight.T + bias
    sigmoid = 1 / (1 + np.exp(-logits))
    exponents = np.exp(logits - logits.max(1, keepdims=True))
    forms = {"softmax": exponents / exponents.sum(1, keepdims=True), "sigmoid": sigmoid,
             "sigmoid / sum": sigmoid / sigmoid.sum(1, keepdims=True)}
    if weight.shape[0] == 1 and found.shape[1] == 2:
        forms = {"sigmoid": np.concatenate([1 - sigmoid, sigmoid], 1)}
    for name, form in forms.items():
        if form.shape == found.shape and np.abs(form - found).max() < 1e-9:
            return name
    raise Refusal(f"{path}: its probabilities are no softmax and no sigmoid of a linear layer")


def labels_of(head, count, path):
    """The names of its columns: SetFit's, where they are beside it."""
    import numpy as np
    multiple = isinstance(head.classes_, list)
    labels = list(range(count)) if multiple else np.asarray(head.classes_).tolist()
    settings = path.with_name("config_setfit.json")
    names = json.loads(settings.read_text("utf-8")).get("labels") if settings.exists() else None
    if names and all(isinstance(label, int) and 0 <= label < len(names) for label in labels):
        labels = [names[label] for label in labels]
    if len(labels) != (2 if count == 1 and not multiple else count):
        raise Refusal(f"{path}: names {len(labels)} classes, but its weight has {count} rows")
    return labels


def convert_head(path, trusted):
    target = path.with_suffix(".safetensors")
    if is_done(target):
        return
    if not trusted:
        raise Refusal(f"{path}: is a pickle of objects, and loading one runs whatever code is in it; there is no safe way. "
                      "If you trust those who made it, add --trust-pickle")
    joblib = package("joblib", "scikit-learn")
    save_file = package("safetensors.numpy", "safetensors").save_file
    try:
        head = joblib.load(path)
        weight, bias = linear_of(head, path)
        labels = labels_of(head, weight.shape[0], path)
        probabilities = probabilities_of(head, weight, bias, path)
    except Refusal:
        raise
    except Exception as error:  # of another version of scikit-learn it may be any
        raise Refusal(f"{path}: cannot be loaded ({first_line(error)})") from error
    with whole(target, path) as part:
        save_file({"weight": weight.astype("float32", "C"), "bias": bias.astype("float32", "C")}, part,
                  {"format": "pt", "labels": json.dumps(labels), "probabilities": probabilities})
    print(f"{target}: weight {list(weight.shape)}, whose {probabilities} gives the probabilities, labels {labels}, of {path.name}")


# ----------------------------------------------------------------------------------------------------------------------


def work_on(path, base, trusted):
    """What there is to do for a file, or in a folder and the folders of modules in it: functions of no arguments."""
    if path.is_file():
        if path.name.endswith(".index.json"):
            return [lambda: convert_shards(path)]
        return [lambda: convert_head(path, trusted) if path.suffix in HEADS else convert_tensors(path)]
    if not path.is_dir():
        raise Refusal(f"{path}: there is no such file or folder")
    work = []
    modules = [part for part in sorted(path.iterdir()) if part.is_dir() and not part.name.startswith("checkpoint-")]
    for folder in [path, *modules]:
        names = [name for name in ("pytorch_model.bin", "pytorch_model.bin.index.json") if (folder / name).exists()]
        if names and (folder / "model.safetensors").exists():
            work.append(lambda folder=folder: is_done(folder / "model.safetensors"))
        elif names:
            work += work_on(folder / names[0], base, trusted)
    for file in sorted(path.iterdir()):
        if file.name in LINEARS or file.suffix in HEADS:
            work += work_on(file, base, trusted)
    if (path / "adapter_config.json").exists() and not (path / "modules.json").exists():
        work.append(lambda: merge(path, base))
    if not work:
        raise Refusal(f"{path}: has nothing to convert; looked for pytorch_model.bin, pytorch_model.bin.index.json, "
                      f"{', '.join(LINEARS)}, adapter_config.json, *.pkl and *.joblib")
    return work


def main(words=None):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", metavar="FOLDER", type=pathlib.Path, help="a model's folder, or a file in one")
    parser.add_argument("--base", metavar="FOLDER", help="the model that an adapter was trained on, if its "
                        "adapter_config.json names none that can be loaded")
    parser.add_argument("--trust-pickle", action="store_true", help="load pickles of scikit-learn, and run the code in them")
    arguments = parser.parse_args(words)
    status = 0
    try:
        for do in work_on(arguments.path, arguments.base, arguments.trust_pickle):
            try:
                do()
            except (Refusal, OSError) as refusal:  # the next may go
                print(f"to_safetensors.py: {refusal}", file=sys.stderr)
                status = 1
    except Refusal as refusal:
        print(f"to_safetensors.py: {refusal}", file=sys.stderr)
        status = 1
    return status


if __name__ == "__main__":
    sys.exit(main())
