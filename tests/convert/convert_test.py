# SPDX-License-Identifier: MIT
"""What examples/convert/to_safetensors.py does with pickles that are made here: `convert_test.py READS CLASS`.

Where a model's folder is refused, the command that the Error names is run, and the folder read again by READS.
"""
import contextlib
import functools
import importlib.util
import io
import json
import os
import pathlib
import pickle
import re
import shutil
import subprocess
import sys
import tempfile
import unittest
import unittest.mock

ROOT = pathlib.Path(__file__).resolve().parents[2]
CONVERTER = ROOT / "examples" / "convert" / "to_safetensors.py"
GOLDEN = ROOT / "tests" / "golden" / "folders"
READS = sys.argv[1]


def run(*command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, cwd=ROOT)
    return done.returncode, done.stdout + done.stderr


def in_process(script, *arguments):
    """The same of a script of Python, but packages are imported once for all tests."""
    spec = importlib.util.spec_from_file_location("script", script)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        status = module.main([str(part) for part in arguments])
    return status, output.getvalue()


class Case(unittest.TestCase):
    def setUp(self):
        directory = tempfile.TemporaryDirectory()
        self.addCleanup(directory.cleanup)
        self.folder = pathlib.Path(directory.name) / "model"
        self.folder.mkdir()

    def converts(self, *arguments, status=0, words=(), run=in_process):
        before = {file: file.read_bytes() for file in self.folder.rglob("*") if file.is_file()}
        found, output = run(CONVERTER, *(arguments or (self.folder,)))
        self.assertEqual(found, status, output)
        for part in words:
            self.assertIn(part, output)
        self.assertNotIn("Traceback", output)
        for file, content in before.items():
            self.assertEqual(file.read_bytes(), content, file)
        self.assertEqual(list(self.folder.rglob("*.part")), [])
        if status == 1:
            self.assertEqual([file for file in self.folder.rglob("*.safetensors") if file not in before], [])
        return output

    def is_read(self, folder=None):
        status, output = run(READS, folder or self.folder)
        self.assertEqual(status, 0, output)

    def reads_by_command(self, words):
        """Refused in `words`, and read after the command in them."""
        status, output = run(READS, self.folder)
        self.assertEqual(status, 2, output)
        self.assertIn(words, output)
        command = re.search(r"python3 (\S+) FOLDER", output)
        self.assertEqual(ROOT / command[1], CONVERTER)
        return self.converts(run=functools.partial(run, sys.executable))


class WithoutPackages(Case):
    """What needs no torch, by a Python that has no packages."""

    def says(self, *words, arguments=(), status=1):
        return self.converts(*arguments, status=status, words=words, run=functools.partial(run, sys.executable, "-I", "-S"))

    def test_commands_that_are_named_are_there(self):
        files = [*(ROOT / "include").rglob("*.hpp"), *(ROOT / "docs").glob("*.md"), ROOT / "README.md"]
        named = [name for file in files for name in re.findall(r"python3 (examples/\S+[.]py)", file.read_text("utf-8"))]
        self.assertGreaterEqual(len(named), 3)
        for name in named:
            self.assertTrue((ROOT / name).is_file(), name)

    def test_help(self):
        self.says("--trust-pickle", "--base", "pytorch_model.bin", arguments=("--help",), status=0)

    def test_nothing_to_convert(self):
        self.says("model: has nothing to convert; looked for pytorch_model.bin, ")
        self.says("none: there is no such file or folder", arguments=(self.folder / "none",))

    def test_a_package_that_is_missing(self):
        (self.folder / "pytorch_model.bin").write_bytes(b"")
        self.says("needs a package: pip install torch")

    def test_what_is_there_stays(self):
        for folder in (self.folder, self.folder / "2_Dense"):
            folder.mkdir(exist_ok=True)
            (folder / "pytorch_model.bin").write_bytes(b"")
            (folder / "model.safetensors").write_bytes(b"mine")
        for name in ("colbert_linear.pt", "colbert_linear.safetensors", "model_head.pkl", "model_head.safetensors",
                     "adapter_config.json"):
            (self.folder / name).write_bytes(b"")
        (self.folder / "merged").mkdir()
        output = self.says("model_head.safetensors: is there already", "merged: is there already", status=0)
        self.assertEqual(output.count("is there already"), 5)
        (self.folder / "model.safetensors").rename(self.folder / "model.safetensors.index.json")
        self.says("needs a package: pip install torch")
        (self.folder / "pytorch_model.bin").rename(self.folder / "pytorch_model.bin.index.json")
        self.says("model.safetensors.index.json: is there already", status=0)

    def test_a_file_is_not_written_over(self):
        (self.folder / "model.safetensors").write_bytes(b"PK\3\4")
        self.says("rename it to model.bin", arguments=(self.folder / "model.safetensors",))

    def test_heads_are_not_loaded_without_trust(self):
        for name in ("model_head.pkl", "head.joblib"):
            (self.folder / name).write_bytes(pickle.dumps(Ran(self.folder / "ran")))
        self.says("model_head.pkl: is a pickle of objects", "head.joblib: is a pickle", "add --trust-pickle")
        self.assertFalse((self.folder / "ran").exists())
        self.says("pip install scikit-learn", arguments=("--trust-pickle", self.folder))

    def test_an_index_that_is_none(self):
        index = self.folder / "pytorch_model.bin.index.json"
        outside = self.folder.parent / "outside.bin"
        outside.write_bytes(b"")
        for content, words in [('{"weight_map": {"a": "../outside.bin"}}', "names '../outside.bin', which leads out"),
                               (json.dumps({"weight_map": {"a": str(outside)}}), "which leads out of the folder"),
                               ('{"weight_map": {"a": "none.bin"}}', "none.bin: is missing, though pytorch_model.bin.index.json"),
                               ('{"weight_map": []}', "gives no file for each tensor"), ("{}", "gives no file"),
                               ('{"weight_map": {"a": [1]}}', "gives no file"), ("<html>", "gives no file")]:
            index.write_text(content)
            self.says(words)

    def test_adapters(self):
        (self.folder / "adapter_config.json").write_text("{}")
        self.says("needs a package: pip install peft")
        # Of sentence-transformers the adapter is the encoder's, which seqpool does not run.
        (self.folder / "modules.json").write_text("[]")
        self.says("has nothing to convert")


class Ran:
    """A pickle that makes a folder when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


class Tensors(Case):
    def golden(self, name):
        shutil.copytree(GOLDEN / name, self.folder, dirs_exist_ok=True)

    def pickled(self, path, **options):
        """The file of safetensors as a pickle in its place, and its tensors."""
        tensors = load_file(path)
        path.unlink()
        torch.save(tensors, path.with_name("pytorch_model.bin"), **options)
        return tensors

    def test_whole(self):
        for options in ({}, {"_use_new_zipfile_serialization": False}):  # torch's format before 1.6
            with self.subTest(options):
                self.golden("sequence_bert")
                (self.folder / "pytorch_model.bin").unlink(missing_ok=True)
                tensors = self.pickled(self.folder / "model.safetensors", **options)
                self.reads_by_command("pytorch_model.bin: is a Python pickle")
                self.is_read()
                with safe_open(self.folder / "model.safetensors", "pt") as file:
                    self.assertEqual(file.metadata(), {"format": "pt"})
                self.assert_equal(load_file(self.folder / "model.safetensors"), tensors)

    def assert_equal(self, found, expected):
        self.assertEqual(sorted(found), sorted(expected))
        for name, tensor in expected.items():
            self.assertEqual(found[name].dtype, tensor.dtype, name)
            self.assertTrue(torch.equal(found[name], tensor), name)

    def test_shards(self):
        self.golden("sequence_bert")
        tensors = load_file(self.folder / "model.safetensors")
        (self.folder / "model.safetensors").unlink()
        names = {name: f"pytorch_model-0000{1 + i % 2}-of-00002.bin" for i, name in enumerate(sorted(tensors))}
        for shard in set(names.values()):
            torch.save({name: tensors[name] for name in names if names[name] == shard}, self.folder / shard)
        index = self.folder / "pytorch_model.bin.index.json"
        index.write_text(json.dumps({"metadata": {}, "weight_map": names}))
        self.reads_by_command("pytorch_model.bin.index.json: names Python pickles")
        self.is_read()
        document = json.loads((self.folder / "model.safetensors.index.json").read_text())
        self.assertEqual(document["weight_map"], {name: shard.replace("pytorch_", "").replace("bin", "safetensors")
                                                  for name, shard in names.items()})
        self.assertEqual(document["metadata"]["total_size"], sum(tensor.nbytes for tensor in tensors.values()))
        (self.folder / "model.safetensors.index.json").unlink()
        for shard in self.folder.glob("model-*"):
            shard.unlink()
        index.write_text(json.dumps({"weight_map": {**names, "absent": names[min(names)]}}))
        self.assertEqual(in_process(CONVERTER, self.folder)[0], 1)
        self.assertFalse((self.folder / "model.safetensors.index.json").exists())

    def test_modules(self):
        self.golden("st_dense_two")
        for path in ("", "2_Dense", "3_Dense"):
            self.pickled(self.folder / path / "model.safetensors")
        shutil.copytree(self.folder / "2_Dense", self.folder / "checkpoint-10")  # is no module
        self.reads_by_command("2_Dense/pytorch_model.bin: is a Python pickle")
        self.is_read()
        self.assertFalse((self.folder / "checkpoint-10" / "model.safetensors").exists())

    def test_tied_and_parts_and_odd_shapes(self):
        weight = torch.randn(3, 4)
        module = torch.nn.Linear(4, 3)
        tensors = {"weight": weight, "tied": weight, "part": weight[1:], "turned": weight.T, "column": weight[:, 1],
                   "empty": torch.empty(0, 3), "empty_too": torch.empty(0, 3), "one": torch.tensor(2.0),
                   "half": weight.half(), "bfloat16": weight.bfloat16(), "ids": torch.arange(5),
                   "parameter": module.weight, "double": weight.double(), "expanded": torch.ones(1).expand(4)}
        for options in ({}, {"_use_new_zipfile_serialization": False}):
            torch.save(tensors, self.folder / "pytorch_model.bin", **options)
            self.converts(words=(f"{len(tensors)} tensors",))
            self.assert_equal(load_file(self.folder / "model.safetensors"), tensors)
            (self.folder / "model.safetensors").unlink()
        part = {"part": torch.randn(300, 4)[100:101]}
        torch.save(part, self.folder / "pytorch_model.bin")
        self.converts()
        self.assert_equal(load_file(self.folder / "model.safetensors"), part)
        self.assertLess((self.folder / "model.safetensors").stat().st_size, 200)

    def test_linears_of_bge_m3(self):
        for name, width in (("colbert", 24), ("sparse", 1)):
            linear = torch.nn.Linear(16, width)
            torch.save(linear.state_dict(), self.folder / f"{name}_linear.pt")
            self.converts()
            vectors = torch.randn(5, 16)
            save_file({"right.vectors": vectors, "right.expected": linear(vectors).detach()},
                      self.folder / "golden.safetensors", {"kind": "linear", "file": f"{name}_linear.safetensors"})
            self.is_read()

    def test_one_file(self):
        linear = torch.nn.Linear(3, 2).state_dict()
        torch.save(linear, self.folder / "head.pt")
        self.converts(self.folder / "head.pt")
        self.assert_equal(load_file(self.folder / "head.safetensors"), linear)

    def test_code_is_not_run(self):
        path = self.folder / "pytorch_model.bin"
        for options in ({}, {"_use_new_zipfile_serialization": False}):
            torch.save({"weight": torch.ones(2), "other": Ran(self.folder / "ran")}, path, **options)
            output = self.converts(status=1, words=("holds ", ".mkdir", "it is not loaded"))
            self.assertNotIn("weights_only", output)
            torch.save(torch.nn.Linear(2, 2), path, **options)
            self.converts(status=1, words=("holds torch.nn.modules.linear.Linear",))
        self.assertFalse((self.folder / "ran").exists())

    def test_all_or_nothing(self):
        path = self.folder / "pytorch_model.bin"
        torch.save({"weight": torch.ones(2)}, path)

        def breaks_off(tensors, part, metadata):
            part.write_bytes(b"half")
            raise OSError("No space left on device")

        with unittest.mock.patch("safetensors.torch.save_file", breaks_off):
            self.converts(status=1, words=("No space left on device",))
        for mode in (0o640, 0o644):
            path.chmod(mode)
            self.converts()
            self.assertEqual((self.folder / "model.safetensors").stat().st_mode & 0o777, mode)
            (self.folder / "model.safetensors").unlink()
        with unittest.mock.patch("torch.__version__", "2.5.1+cpu"):
            self.converts(status=1, words=("needs torch 2.6 or newer, this is 2.5.1+cpu",))

    def test_what_is_not_tensors_by_name(self):
        path = self.folder / "pytorch_model.bin"
        for content, words in [({"state_dict": {"a": torch.ones(1)}}, "key 'state_dict' is a dict"),
                               (torch.ones(1), "holds a Tensor"), ({1: torch.ones(1)}, "key 1 is a Tensor"),
                               ({"a": torch.eye(2).to_sparse()}, "tensor 'a' is sparse"),
                               ({"a": torch.quantize_per_tensor(torch.ones(2), 0.1, 0, torch.qint8)}, "or quantized")]:
            torch.save(content, path)
            self.converts(status=1, words=(words,))
        torch.save({"a": torch.ones(100)}, path)
        for content in (path.read_bytes()[:-9], b"<html>", b""):
            path.write_bytes(content)
            output = self.converts(status=1, words=("cannot be read as tensors that torch.save wrote",))
            self.assertNotIn("weights_only", output)
        path.write_bytes(b"version https://git-lfs.github.com/spec/v1\n")
        self.converts(status=1, words=("is a pointer of Git LFS",))


class Adapters(Case):
    def setUp(self):
        super().setUp()
        torch.manual_seed(1)
        config = transformers.BertConfig(vocab_size=50, hidden_size=24, num_hidden_layers=1, num_attention_heads=2,
                                         intermediate_size=32)
        self.base = self.folder.parent / "base"
        transformers.BertModel(config).save_pretrained(self.base)

    def adapter(self, **options):
        model = transformers.AutoModelForSequenceClassification.from_pretrained(self.base, num_labels=3)
        model = peft.get_peft_model(model, peft.LoraConfig(task_type="SEQ_CLS", target_modules=["query", "dense"], **options))
        for name, parameter in model.named_parameters():
            if "lora_" in name:  # B is 0 in the beginning, which changes nothing
                torch.nn.init.normal_(parameter, std=0.3)
        model.eval().save_pretrained(self.folder)
        return model

    def golden(self, model):
        (self.folder / "merged").mkdir(exist_ok=True)
        ids = torch.randint(0, 50, (3, 6))
        mask = (torch.arange(6) < torch.tensor([[6], [4], [1]])).long()
        with torch.no_grad():
            states = model.base_model.model.bert(ids, mask).last_hidden_state
            logits = model(ids, mask).logits
        save_file({"right.hidden_states": states, "right.attention_mask": mask, "right.expected": logits},
                  self.folder / "golden.safetensors", {"kind": "sequence_classifier"})

    def test_merged(self):
        for options in ({}, {"use_rslora": True, "use_dora": True}):
            shutil.rmtree(self.folder)
            model = self.adapter(**options)
            self.golden(model)
            (self.folder / "merged").rmdir()
            self.reads_by_command("adapter_config.json: is of an adapter of PEFT")
            shutil.copy(self.folder / "golden.safetensors", self.folder / "merged")
            self.is_read(self.folder / "merged")

    def test_base_elsewhere(self):
        self.adapter()
        elsewhere = self.base.rename(self.base.with_name("elsewhere"))
        self.converts(status=1, words=("the adapter's base cannot be loaded", "--base FOLDER"))
        self.converts("--base", elsewhere, self.folder, words=("merged: a BertForSequenceClassification",))

    def test_a_classifier_in_neither_of_the_two(self):
        self.adapter()
        weights = load_file(self.folder / "adapter_model.safetensors")
        save_file({name: tensor for name, tensor in weights.items() if "classifier" not in name},
                  self.folder / "adapter_model.safetensors")
        self.converts(status=1, words=("has no tensor 'classifier.bias'",))
        self.assertFalse((self.folder / "merged").exists())


    def test_an_encoder(self):
        shutil.rmtree(self.base)
        config = transformers.BertConfig(vocab_size=50, hidden_size=24, num_hidden_layers=1, num_attention_heads=2,
                                         intermediate_size=32)
        transformers.BertModel(config, add_pooling_layer=False).save_pretrained(self.base)
        model = transformers.AutoModel.from_pretrained(self.base)
        model = peft.get_peft_model(model, peft.LoraConfig(task_type="FEATURE_EXTRACTION", target_modules=["query"]))
        model.save_pretrained(self.folder)
        self.converts(words=("merged: a BertModel",))  # whose pooler is random, and used by nobody

    def test_what_an_adapter_does_not_say(self):
        self.adapter()
        path = self.folder / "adapter_config.json"
        settings = json.loads(path.read_text())
        path.write_text(json.dumps({**settings, "task_type": "OTHER"}))
        self.converts(status=1, words=("has task_type 'OTHER', understood are SEQ_CLS",))
        path.write_text(json.dumps({**settings, "base_model_name_or_path": None}))
        self.converts(status=1, words=("does not say what its adapter was trained on; add --base",))
        (self.folder / "adapter_model.safetensors").unlink()
        self.converts("--base", self.base, self.folder, status=1, words=("no adapter_model.safetensors",))


class Heads(Case):
    def setUp(self):
        super().setUp()
        random = numpy.random.default_rng(1)
        self.x = random.standard_normal((60, 8))
        self.three = numpy.argmax(self.x @ random.standard_normal((8, 3)), 1)
        self.two = (self.x[:, :2] > 0).astype(int)

    def head(self, head, y, labels, name="model_head.pkl"):
        """Saved, converted, and read: its probabilities of vectors that are floats."""
        head = head.fit(self.x, y)
        joblib.dump(head, self.folder / name)
        file = name.split(".")[0] + ".safetensors"
        (self.folder / file).unlink(missing_ok=True)
        self.converts("--trust-pickle", self.folder)
        vectors = self.x.astype("float32")
        expected = head.predict_proba(vectors)
        if isinstance(expected, list):
            expected = numpy.stack([pair[:, 1] for pair in expected], 1)
        if len(labels) == 2 and expected.shape[1] == 2 and not isinstance(y[0], numpy.ndarray):
            expected = expected[:, 1:]  # one logit
        save_file({"right.vectors": torch.tensor(vectors), "right.expected": torch.tensor(expected.astype("float32", "C"))},
                  self.folder / "golden.safetensors", {"kind": "linear", "file": file})
        with safe_open(self.folder / file, "pt") as found:
            self.assertEqual(json.loads(found.metadata()["labels"]), labels)
            return found.metadata()["probabilities"]

    def test_logistic_regression(self):
        words = numpy.array(["astronomy", "cooking", "football"])
        for name in ("model_head.pkl", "head.joblib"):
            self.assertEqual(self.head(LogisticRegression(), words[self.three], list(words), name), "softmax")
            self.is_read()
            for file in self.folder.iterdir():
                file.unlink()
        self.assertEqual(self.head(LogisticRegression(fit_intercept=False), self.two[:, 0], [0, 1]), "sigmoid")
        self.is_read()
        self.head(LogisticRegression(solver="liblinear", fit_intercept=False), self.two[:, 0], [0, 1])  # whose intercept_ is 0.0
        self.is_read()

    def test_several_labels(self):
        for head in (OneVsRestClassifier(LogisticRegression()), MultiOutputClassifier(LogisticRegression())):
            self.assertEqual(self.head(head, self.two, [0, 1]), "sigmoid")
            self.is_read()
        self.assertEqual(self.head(MultiOutputClassifier(LogisticRegression()), self.two[:, :1], [0]), "sigmoid")
        self.is_read()
        (self.folder / "config_setfit.json").write_text(json.dumps({"labels": ["warm", "dry"]}))
        self.head(MultiOutputClassifier(LogisticRegression()), self.two, ["warm", "dry"])
        self.assertEqual(self.head(OneVsRestClassifier(LogisticRegression()), self.three, [0, 1, 2]), "sigmoid / sum")

    def test_what_is_no_linear_layer(self):
        trusted = ("--trust-pickle", self.folder)
        for head, words in [(make_pipeline(StandardScaler(), LogisticRegression()), "holds a Pipeline"),
                            (DecisionTreeClassifier(), "holds a DecisionTreeClassifier")]:
            joblib.dump(head.fit(self.x, self.three), self.folder / "model_head.pkl")
            self.converts(*trusted, status=1, words=(words, "understood are LogisticRegression"))
        several = numpy.stack([self.three, self.three], 1)
        joblib.dump(MultiOutputClassifier(LogisticRegression()).fit(self.x, several), self.folder / "model_head.pkl")
        self.converts(*trusted, status=1, words=("one of its labels has 3 classes",))
        odd = LogisticRegression().fit(self.x, self.three)
        odd.classes_ = odd.classes_[:2]
        joblib.dump(odd, self.folder / "model_head.pkl")
        self.converts(*trusted, status=1, words=("names 2 classes, but its weight has 3 rows",))
        odd = LogisticRegression().fit(self.x, self.three)
        odd.predict_proba = functools.partial(numpy.einsum, "ij->ij")
        joblib.dump(odd, self.folder / "model_head.pkl")
        self.converts(*trusted, status=1, words=("its probabilities are no softmax and no sigmoid",))
        (self.folder / "model_head.pkl").write_bytes(b"nothing")
        self.converts(*trusted, status=1, words=("cannot be loaded",))


def wanted(*names):
    return sys.argv[2] in names


if wanted("Tensors", "Adapters", "Heads"):
    import torch
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file
if wanted("Adapters"):
    import peft
    import transformers
if wanted("Heads"):
    import joblib
    import numpy
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.multioutput import MultiOutputClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler
    from sklearn.tree import DecisionTreeClassifier

if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
