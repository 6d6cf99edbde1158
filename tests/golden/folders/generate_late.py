"""Makes the folders of late interaction whose libraries do not run beside those of generate.py.

Two Pythons with packages of two times, and nothing from the network:

    pip install torch==2.13.0 pylate==1.6.0 transformers==5.3.0 sentence-transformers==5.3.0 FlagEmbedding==1.4.2
    pip install torch==2.13.0 pylate==1.2.0 transformers==4.48.2 sentence-transformers==4.0.2 colbert-ai==0.2.22

    python generate_late.py          makes the folders of the libraries that this Python has
    python generate_late.py bge      makes those whose names contain one of the words

As in generate.py, models are random and small, saved whole by their library, read from there and run by it; what is
kept is the folder without its encoder, and golden.safetensors. Two runs on one machine give the same bytes.
"""

import contextlib
import importlib.metadata
import json
import logging
import os
import random
import shutil
import subprocess
import sys
import tempfile
import warnings
import zlib
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["CUDA_VISIBLE_DEVICES"] = ""

import tokenizers
import torch
import transformers
from safetensors.torch import load_file, save

FOLDER = Path(__file__).resolve().parent
HIDDEN = 24
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "[unused0]", "[unused1]"]
WORDS = SPECIAL + [f"w{index}" for index in range(30)] + [".", ","]
# Of different lengths, the longest first, because PyLate sorts them so.
TEXTS = ["w11 w12 , w13 w14 w15 .", "w16 . w17 w18", "w19 w20", "w21"]

MAKERS = {}


def version_of(package):
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""


# ---------------------------------------------------------------------------------------------------------------- files


def sorted_header(data):
    header_end = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:header_end]), sort_keys=True, separators=(",", ":")).encode("ascii")
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[header_end:]


def save_tensors(tensors, path, metadata=None):
    tensors = {name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}
    path.write_bytes(sorted_header(save(tensors, metadata=metadata)))


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def keep(source, name, head=()):
    """Copies configurations and modules of a saved model, and of its own checkpoint, if that has the tensors `head`,
    these and three small ones of the encoder."""
    target = FOLDER / name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for path in sorted(source.rglob("*")):
        relative = path.relative_to(source)
        is_module = path.suffix == ".safetensors" and (len(relative.parts) > 1 or path.name != "model.safetensors")
        if path.name in ("config.json", "modules.json", "sentence_bert_config.json", "artifact.metadata",
                         "config_sentence_transformers.json"):
            (target / relative).parent.mkdir(parents=True, exist_ok=True)
            value = read_json(path)
            if isinstance(value, dict):
                value.pop("_name_or_path", None)  # Where the model was on the machine that made it.
            write_json(target / relative, value)
        elif is_module:
            (target / relative).parent.mkdir(parents=True, exist_ok=True)
            (target / relative).write_bytes(sorted_header(path.read_bytes()))
    if head:
        tensors = load_file(source / "model.safetensors")
        names = sorted(set(tensors) - set(head))
        vectors = [key for key in names if tensors[key].dim() == 1]
        matrices = sorted((key for key in names if tensors[key].dim() == 2), key=lambda key: tensors[key].numel())
        some = [*head, vectors[0], vectors[-1], matrices[0]]
        save_tensors({key: tensors[key] for key in some}, target / "model.safetensors", {"format": "pt"})
    return target


# --------------------------------------------------------------------------------------------------------------- models


def tokenizer():
    model = tokenizers.Tokenizer(tokenizers.models.WordPiece(
        {word: index for index, word in enumerate(WORDS)}, unk_token="[UNK]"))
    model.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    model.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", WORDS.index("[CLS]")), ("[SEP]", WORDS.index("[SEP]"))])
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=model, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]", model_max_length=32, additional_special_tokens=["[unused0]", "[unused1]"])


def base_of(path, family="Bert"):
    base = path.parent / "base"
    config = getattr(transformers, f"{family}Config")(
        vocab_size=len(WORDS), hidden_size=HIDDEN, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=48, initializer_range=0.4, pad_token_id=0)
    getattr(transformers, f"{family}Model")(config).save_pretrained(base)
    tokenizer().save_pretrained(base)
    return base


def randomize(module):
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(0, 0.5)


@contextlib.contextmanager
def states_of(module, seen, given=None):
    """Within it, the hidden states that an encoder gives are seen, or replaced by given ones."""

    def hook(module, inputs, output):
        key = "token_embeddings" if "token_embeddings" in output else "last_hidden_state"
        seen.append(output[key].clone())
        if given is not None:
            output[key] = given.clone()
        return output

    handle = module.register_forward_hook(hook)
    yield
    handle.remove()


def moved(tensor, mask):
    """Rows of right padding with that padding on the left."""
    result = tensor.clone()
    for row, length in enumerate(mask.sum(dim=1).tolist()):
        result[row] = torch.roll(tensor[row], tensor.shape[1] - length, dims=0)
    return result


def save_golden(target, library, attention, mask, states, run, half, similarity=None):
    """run(states, dtype): what the library makes of them, [batch, seq, dim], and zeros where the mask is 0."""
    expected = run(states, torch.float32)
    rounded = states.to(torch.bfloat16)
    tensors = {
        "right.hidden_states": states, "right.attention_mask": mask.long(), "right.expected": expected,
        "left.hidden_states": moved(states, attention), "left.attention_mask": moved(mask.long(), attention),
        "left.expected": moved(expected, attention),
        "bf16.hidden_states": rounded, "bf16.attention_mask": mask.long(),
        "bf16.expected": run(rounded.float(), torch.float32),
    }
    half()
    tensors["bf16.own"] = run(rounded, torch.bfloat16).float()
    if similarity:
        vectors = [row[kept] for row, kept in zip(expected, mask, strict=True)]
        tensors["right.similarity"] = torch.tensor([[float(similarity(q, d)) for d in vectors] for q in vectors])
    assert all(tensor.isfinite().all() for tensor in tensors.values())
    save_tensors(tensors, target / "golden.safetensors", {"kind": "multi_vector_encoder", "library": library})


def at_their_places(vectors, mask):
    """[batch, seq, dim] of the vectors of each row's tokens, zeros for the others."""
    result = torch.zeros(*mask.shape, vectors[0].shape[-1], dtype=vectors[0].dtype)
    for row, kept in enumerate(mask):
        result[row, kept] = vectors[row]
    return result


# --------------------------------------------------------------------------------------------------------------- PyLate


def pylate_folder(name, dense=None, is_query=False, change=None, **arguments):
    from pylate import models, scores

    def make(path):
        base = base_of(path)
        if dense:
            encoder = models.colbert.Transformer(str(base))
            model = models.ColBERT(modules=[encoder, *dense(models.Dense)], device="cpu", **arguments)
        else:
            model = models.ColBERT(str(base), embedding_size=16, device="cpu", **arguments)
        for module in list(model)[1:]:
            randomize(module)
        model.save_pretrained(str(path))
        if change:
            change(path)
        model = models.ColBERT(str(path), device="cpu")
        features = model.tokenize(TEXTS, is_query=is_query)
        attention = features["attention_mask"].bool()
        mask = attention
        if not is_query:
            mask = attention & model.skiplist_mask(features["input_ids"], model.skiplist)
        elif getattr(model, "do_query_expansion", True):
            attention = mask = torch.ones_like(attention)

        def encode(seen, given=None):
            with states_of(model[0], seen, given):
                return model.encode(TEXTS, is_query=is_query, convert_to_tensor=True)

        seen = []
        encode(seen)
        target = keep(path, name)
        save_golden(
            target, f"pylate {version_of('pylate')}", attention, mask, seen[0],
            lambda states, dtype: at_their_places([row.cpu() for row in encode([], states)], mask),
            lambda: [module.to(torch.bfloat16) for module in list(model)[1:]],
            lambda query, document: scores.colbert_scores(query[None], document[None]))

    MAKERS[name] = make


if version_of("pylate") == "1.2.0":
    pylate_folder("mv_pylate_1_2", query_length=12, document_length=20)
elif version_of("pylate"):
    pylate_folder("mv_pylate_1_6", query_length=12, document_length=20)
    # Queries, which are filled up to their length.
    pylate_folder("mv_pylate_1_6_query", is_query=True, query_length=14, attend_to_expansion_tokens=True)
    pylate_folder(
        "mv_pylate_1_6_two", lambda dense: [
            dense(HIDDEN, 32, bias=True, activation_function=torch.nn.GELU()),
            dense(32, 8, bias=False, use_residual=True)],
        query_prefix="", document_prefix="[unused1]", do_query_expansion=False, skiplist_words=[])
    pylate_folder("mv_pylate_1_6_residual", lambda dense: [dense(HIDDEN, HIDDEN, use_residual=True)])


# ------------------------------------------------------------------------------------------------------------- Stanford


def stanford_folder(name, family="Bert", **arguments):
    from colbert.infra import ColBERTConfig
    from colbert.modeling.colbert import ColBERT, colbert_score
    from colbert.modeling.tokenization import DocTokenizer

    def make(path):
        ColBERT.loaded_extensions = True  # It would compile one, for scores of packed documents.
        base = base_of(path, family)
        config = ColBERTConfig(dim=16, query_maxlen=12, doc_maxlen=20, **arguments)
        randomize((model := ColBERT(str(base), config)).linear)
        model.save(str(path))
        # Of the rest of it some is of the machine that made it.
        metadata = read_json(path / "artifact.metadata")
        write_json(path / "artifact.metadata", {key: value for key, value in metadata.items() if key in (
            "query_token_id", "doc_token_id", "query_token", "doc_token", "dim", "doc_maxlen", "query_maxlen",
            "mask_punctuation", "similarity", "interaction", "attend_to_mask_tokens", "nbits", "model_name")})
        config = ColBERTConfig.load_from_checkpoint(str(path))
        model = ColBERT(str(path), config)
        input_ids, attention = DocTokenizer(ColBERTConfig.from_existing(config, ColBERTConfig(checkpoint=str(path)))
                                            ).tensorize(TEXTS)

        @torch.inference_mode()
        def run(states, dtype=None, seen=None):
            with states_of(model.bert, [] if seen is None else seen, states):
                return model.doc(input_ids, attention, keep_dims="return_mask")

        seen = []
        _, mask = run(None, seen=seen)
        mask = mask.squeeze(-1)
        target = keep(path, name, ["linear.weight"])
        save_golden(
            target, f"colbert-ai {version_of('colbert-ai')}", attention.bool(), mask, seen[0].clone(),
            lambda states, dtype: run(states)[0].clone(), lambda: model.linear.to(torch.bfloat16),
            lambda query, document: colbert_score(
                query[None], document[None], torch.ones(1, len(document), 1, dtype=torch.bool)))

    MAKERS[name] = make


if version_of("colbert-ai"):
    stanford_folder("mv_stanford")
    stanford_folder("mv_stanford_xlm_roberta", "XLMRoberta", attend_to_mask_tokens=True)


# --------------------------------------------------------------------------------------------------------------- BGE-M3


def make_bge_m3(path):
    from FlagEmbedding.finetune.embedder.encoder_only.m3.modeling import EncoderOnlyEmbedderM3ModelForInference
    from FlagEmbedding.inference.embedder.encoder_only.m3 import M3Embedder

    base = base_of(path, "XLMRoberta")
    model = EncoderOnlyEmbedderM3ModelForInference(
        {"model": transformers.AutoModel.from_pretrained(base), "colbert_linear": torch.nn.Linear(HIDDEN, 16),
         "sparse_linear": torch.nn.Linear(HIDDEN, 1)},
        tokenizer=tokenizer(), sentence_pooling_method="cls", normalize_embeddings=True).eval()
    randomize(model.colbert_linear)
    model.save(str(path))
    (path / "1_Pooling").mkdir()
    write_json(path / "1_Pooling/config.json", {"word_embedding_dimension": HIDDEN, "pooling_mode_cls_token": True})
    write_json(path / "modules.json", [
        {"idx": index, "name": str(index), "path": place, "type": f"sentence_transformers.models.{kind}"}
        for index, (place, kind) in enumerate([("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize",
                                                                                              "Normalize")])])
    write_json(path / "sentence_bert_config.json", {"max_seq_length": 8192, "do_lower_case": False})
    # As the Error says that meets the pickle.
    subprocess.run([sys.executable, "-c",
                    "import torch; from safetensors.torch import save_file; save_file(torch.load('colbert_linear.pt', "
                    "map_location='cpu', weights_only=True), 'colbert_linear.safetensors')"], cwd=path, check=True)
    features = dict(tokenizer()(TEXTS, padding=True, return_tensors="pt", return_token_type_ids=False))
    attention = features["attention_mask"].bool()
    mask = attention.clone()
    mask[:, 0] = False

    @torch.inference_mode()
    def run(states, dtype=None, seen=None):
        with states_of(model.model, [] if seen is None else seen, states):
            vectors = model(features, return_dense=False, return_sparse=False, return_colbert_vecs=True)["colbert_vecs"]
        return torch.cat([torch.zeros_like(vectors[:, :1]), vectors], dim=1).clone()

    seen = []
    run(None, seen=seen)
    target = keep(path, "mv_bge_m3")
    save_golden(target, f"FlagEmbedding {version_of('FlagEmbedding')}", attention, mask, seen[0].clone(), run,
                lambda: model.colbert_linear.to(torch.bfloat16),
                lambda query, document: M3Embedder.colbert_score(None, query.numpy(), document.numpy()))


if version_of("FlagEmbedding"):
    MAKERS["mv_bge_m3"] = make_bge_m3


def main():
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)
    words = sys.argv[1:]
    for name, make in MAKERS.items():
        if words and not any(word in name for word in words):
            continue
        torch.manual_seed(zlib.crc32(name.encode()))
        random.seed(name)
        with tempfile.TemporaryDirectory() as temporary:
            make(Path(temporary) / "model")
        print(name)


if __name__ == "__main__":
    main()
