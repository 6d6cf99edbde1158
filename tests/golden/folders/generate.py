"""Makes the folders here: small random models, saved and run by sentence-transformers and Transformers themselves.

Needs torch 2.13.0, transformers 5.23.0, sentence-transformers 6.2.0, gliclass 0.1.21, model2vec 0.10.0, safetensors
0.8.0 and nothing from the network.

    python generate.py           makes every folder again
    python generate.py bert xl   makes those whose names contain one of the words

Every model is saved whole into a temporary folder, changed there to an older dialect where a folder is about one,
loaded from there by the library, and run. What is kept is the folder without its encoder, and golden.safetensors with
the hidden states of that encoder and what the library made of them. Two runs on one machine give the same bytes.
"""

import contextlib
import importlib.metadata
import json
import logging
import os
import random
import shutil
import sys
import tempfile
import types
import warnings
import zlib
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["TOKENIZERS_PARALLELISM"] = "false"

import gliclass
import huggingface_hub
import model2vec
import numpy as np
import sentence_transformers
import tokenizers
import torch
import transformers
from safetensors.torch import load_file, save
from sentence_transformers import CrossEncoder, MultiVectorEncoder, SentenceTransformer, SparseEncoder
from sentence_transformers.base.modules import Router
from sentence_transformers.cross_encoder.modules import LogitScore
from sentence_transformers.multi_vector_encoder.modules import MultiVectorMask
from sentence_transformers.sentence_transformer import modules as st
from sentence_transformers.sparse_encoder.modules import SparseAutoEncoder, SparseStaticEmbedding, SpladePooling
from sentence_transformers.util import select_max_active_dims, truncate_embeddings
from transformers.models.bart.modeling_bart import shift_tokens_right
from transformers.pipelines.text_classification import TextClassificationPipeline

FOLDER = Path(__file__).resolve().parent
HIDDEN = 24
VOCAB = 40
SEQ = 7
LENGTHS = [3, 7, 1, 5]  # One row without padding, and one of a single token.
LONGER_LENGTHS = [5, 7, 4, 6]  # Every row has a token left when a prompt of three is taken away.
PROMPT_LENGTH = 3
PAD, UNK, CLS, SEP = 0, 1, 2, 3
FIRST_WORD = 5
MODES = ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"]
# The order of the keys is that of the files of the time; the order of the vector's parts is another one: MODES.
FLAGS = {
    "pooling_mode_cls_token": "cls",
    "pooling_mode_mean_tokens": "mean",
    "pooling_mode_max_tokens": "max",
    "pooling_mode_mean_sqrt_len_tokens": "mean_sqrt_len_tokens",
    "pooling_mode_weightedmean_tokens": "weightedmean",
    "pooling_mode_lasttoken": "lasttoken",
}

SENTENCE_TRANSFORMERS = f"sentence-transformers {sentence_transformers.__version__}"
TRANSFORMERS = f"transformers {transformers.__version__}"
GLICLASS = f"gliclass {importlib.metadata.version('gliclass')}"

# What generate_late.py makes.
LATE = ("mv_pylate", "mv_stanford", "mv_bge")

MAKERS = {}


def folder(function):
    """A function of this name makes the folder of this name; its argument is the temporary folder to save into."""
    return named(function.__name__, function)


def named(name, function):
    assert name not in MAKERS, name
    MAKERS[name] = function
    return function


# ---------------------------------------------------------------------------------------------------------------- files


def sorted_header(data):
    """The bytes of a safetensors file, its header's keys sorted: the library writes metadata in a varying order."""
    header_end = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:header_end]), sort_keys=True, separators=(",", ":")).encode("ascii")
    header += b" " * (-len(header) % 8)  # The format pads with spaces, so that the tensors start at a multiple of 8.
    return len(header).to_bytes(8, "little") + header + data[header_end:]


def save_tensors(tensors, path, metadata=None):
    tensors = {name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}
    path.write_bytes(sorted_header(save(tensors, metadata=metadata)))


def read_json(path):
    return json.loads(path.read_text(encoding="utf-8"))


def write_json(path, value):
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def keep(source, name, is_head, shard_size=None):
    """Copies the configurations and modules of a saved model, and of its own checkpoint the head and three tensors."""
    target = FOLDER / name
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    for path in sorted(source.rglob("*")):
        relative = path.relative_to(source)
        if path.name in ("config.json", "modules.json", "sentence_bert_config.json",
                           "config_sentence_transformers.json", "wordembedding_config.json", "router_config.json"):
            (target / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / relative)
        elif (len(relative.parts) > 1 and path.suffix == ".safetensors"
              and not any(encoder in relative.parts[0] for encoder in ["WordEmbeddings", "Transformer"])):
            (target / relative).write_bytes(sorted_header(path.read_bytes()))
    if (source / "model.safetensors").exists():
        tensors = load_file(source / "model.safetensors")
        kept = {key: value for key, value in tensors.items() if is_head(key)} | some_of_encoder(tensors, is_head)
        if shard_size:
            huggingface_hub.save_torch_state_dict(kept, target, max_shard_size=shard_size)
            for path in target.glob("*.safetensors"):
                path.write_bytes(sorted_header(path.read_bytes()))
        else:
            save_tensors(kept, target / "model.safetensors", {"format": "pt"})
    return target


def some_of_encoder(tensors, is_head):
    """Three small tensors of the encoder, for a reader to pass over: the first and last vector, the smallest matrix."""
    names = sorted(name for name in tensors if not is_head(name))
    vectors = [name for name in names if tensors[name].dim() == 1]
    matrices = sorted((name for name in names if tensors[name].dim() == 2), key=lambda name: tensors[name].numel())
    return {name: tensors[name] for name in vectors[:1] + vectors[-1:] + matrices[:1]}


# --------------------------------------------------------------------------------------------------------------- inputs


def ids_and_mask(lengths, left=False, seq=SEQ, first=CLS, last=SEP, pad=PAD, vocab=VOCAB):
    """Random token ids [batch, seq] between a first and a last special one, if there are any, and their mask."""
    generator = torch.Generator().manual_seed(sum(lengths))
    ids = torch.full((len(lengths), seq), pad)
    mask = torch.zeros(len(lengths), seq, dtype=torch.int64)
    for row, length in enumerate(lengths):
        tokens = torch.randint(FIRST_WORD, vocab, (length,), generator=generator)
        if first is not None:
            tokens[0] = first
        if last is not None and (length > 1 or first is None):
            tokens[-1] = last
        where = slice(seq - length, seq) if left else slice(0, length)
        ids[row, where] = tokens
        mask[row, where] = 1
    return ids, mask


def moved(tensor, mask, to_left=False):
    """Rows whose real tokens stand at the other end."""
    result = tensor.clone()
    for row, length in enumerate(mask.sum(dim=1).tolist()):
        shift = tensor.shape[1] - length
        result[row] = torch.roll(tensor[row], -shift if to_left else shift, dims=0)
    return result


def with_holes(mask):
    """The mask with a token in the middle of each longer row taken out, and the first of the longest row."""
    mask = mask.clone()
    for row, length in enumerate(mask.sum(dim=1).tolist()):
        if length > 4:
            mask[row, length // 2 + 1] = 0
    mask[mask.sum(dim=1).argmax(), 0] = 0
    return mask


def randomize(parameters):
    """Weights so large that a head matters, and biases that are not zero."""
    with torch.no_grad():
        for name, parameter in parameters:
            parameter.normal_(0, 0.5)
            if "norm" in name.lower() and name.endswith("weight"):
                parameter.add_(1)


def save_golden(target, tensors, kind, library, **metadata):
    for key, tensor in tensors.items():
        assert tensor.dtype == torch.int64 or tensor.isfinite().all(), (target, key)
    metadata = {key: str(value) for key, value in metadata.items()}
    save_tensors(tensors, target / "golden.safetensors", {"kind": kind, "library": library} | metadata)


# ------------------------------------------------------------------------------------------------ sentence-transformers


def tokenizer():
    words = {"[PAD]": PAD, "[UNK]": UNK, "[CLS]": CLS, "[SEP]": SEP, "[MASK]": 4}
    words |= {f"w{index}": index for index in range(FIRST_WORD, VOCAB)}
    model = tokenizers.Tokenizer(tokenizers.models.WordPiece(words, unk_token="[UNK]"))
    model.pre_tokenizer = tokenizers.pre_tokenizers.Whitespace()
    model.post_processor = tokenizers.processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", CLS), ("[SEP]", SEP)])
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=model, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]", sep_token="[SEP]",
        mask_token="[MASK]", model_max_length=32)


def bert_config(**more):
    return transformers.BertConfig(**{
        "vocab_size": VOCAB, "hidden_size": HIDDEN, "num_hidden_layers": 1, "num_attention_heads": 2,
        "intermediate_size": 32, "max_position_embeddings": 32, "initializer_range": 0.4} | more)


def encoder(path, model=transformers.BertModel, config=None, **arguments):
    """Module 0: a BERT that the library has read back from where it was saved."""
    base = path.parent / "base"
    model(bert_config(**(config or {}))).save_pretrained(base)
    tokenizer().save_pretrained(base)
    return st.Transformer(str(base), **arguments)


@torch.inference_mode()
def run_modules(modules, hidden_states, mask, truncate_dim=None, max_active_dims=None, **features):
    features = {"token_embeddings": hidden_states.clone(), "attention_mask": mask.clone()} | features
    for module in modules:
        features = module(features)
    vectors = features["sentence_embedding"].clone()
    if max_active_dims:
        vectors = select_max_active_dims(vectors, max_active_dims)
    return truncate_embeddings(vectors, truncate_dim).clone() if truncate_dim else vectors


def finish_st(path, name, lengths=LENGTHS, prompt_length=None, ids=False, holes=False, similarity=False, sparse=False,
              layers=False, **metadata):
    """Loads what is in the folder by the library's own reader, runs it, and keeps it without its encoder."""
    given_states = "layers" if layers else "hidden_states"  # Of all layers, [layers, batch, seq, hidden], or the last.
    loaded_by = SparseEncoder if sparse else SentenceTransformer
    # Without a dtype the modules take that of the encoder's checkpoint, whatever their own files hold.
    model = loaded_by(str(path), device="cpu", trust_remote_code="trust_remote_code" in metadata,
                      model_kwargs={"dtype": torch.float32}).eval()
    after = list(model)[1:]
    truncate_dim = getattr(model, "truncate_dim", None)
    max_active_dims = getattr(model, "max_active_dims", None)
    prompt = {"prompt_length": prompt_length} if prompt_length else {}

    def run(states, mask, input_ids):
        given = prompt | ({"input_ids": input_ids} if ids else {})
        if layers:
            given["all_layer_embeddings"], states = tuple(states), states[-1]
        return run_modules(after, states, mask, truncate_dim, max_active_dims, **given)

    tensors = {}
    for side in ["left", "right"]:
        input_ids, mask = ids_and_mask(lengths, left=side == "left")
        with torch.inference_mode():
            features = model[0]({"input_ids": input_ids, "attention_mask": mask})
        states = torch.stack(features["all_layer_embeddings"]) if layers else features["token_embeddings"].clone()
        tensors[f"{side}.{given_states}"], tensors[f"{side}.attention_mask"] = states, mask
        tensors[f"{side}.expected"] = run(states, mask, input_ids)
        if ids:
            tensors[f"{side}.input_ids"] = input_ids
    if holes:
        tensors["holes.attention_mask"] = with_holes(mask)  # The hidden states are right.hidden_states.
        tensors["holes.expected"] = run(states, with_holes(mask), input_ids)
    if similarity:
        vectors = tensors["right.expected"]
        tensors["right.similarity"] = model.similarity(vectors, vectors)
    rounded = states.to(torch.bfloat16)
    tensors[f"bf16.{given_states}"], tensors["bf16.attention_mask"] = rounded, mask
    tensors["bf16.expected"] = run(rounded.float(), mask, input_ids)
    for module in after:
        module.to(torch.bfloat16)
    tensors["bf16.own"] = run(rounded, mask, input_ids).float()
    if ids:
        tensors["bf16.input_ids"] = input_ids
    if truncate_dim:
        metadata["truncate_dim"] = truncate_dim
    if prompt_length:
        metadata["prompt_length"] = prompt_length
    target = keep(path, name, lambda key: False)
    save_golden(target, tensors, "sentence_transformer", SENTENCE_TRANSFORMERS, **metadata)


def refused(path, name, reader, words, tensors, library, is_head=lambda key: False):
    """Keeps a folder whose reader says `words`, and beside it what the library makes of it."""
    save_golden(keep(path, name, is_head), tensors, "refused", library, reader=reader, words=words)


def st_folder(name, modules, change=None, finish=None, dtype=torch.float32, **model_arguments):
    """Registers a folder: `modules` makes what comes after the encoder, `change` rewrites what was saved."""

    def make(path):
        after = modules()
        for module in after:
            randomize(module.named_parameters())
        model = SentenceTransformer(modules=[encoder(path), *after], device="cpu", **model_arguments)
        model.to(dtype).save(str(path), create_model_card=False)
        if change:
            change(path)
        finish_st(path, name, **(finish or {}))

    named(name, make)


def pooling(mode="mean", width=HIDDEN, **more):
    return st.Pooling(width, pooling_mode=mode, **more)


def pooling_config(config):
    return lambda path: write_json(path / "1_Pooling" / "config.json", config)


def legacy(*modes, without=(), **more):
    """The boolean configuration of sentence-transformers up to 5.3."""
    flags = {flag: mode in modes for flag, mode in FLAGS.items() if mode not in without}
    return pooling_config({"word_embedding_dimension": HIDDEN} | flags | more)


def types_of_modules(dialect):
    """Rewrites the types in modules.json as another version wrote them."""
    new = "sentence_transformers.sentence_transformer.modules"
    base = "sentence_transformers.base.modules"
    of_5_4 = {
        "Transformer": f"{base}.transformer.Transformer", "Pooling": f"{new}.pooling.Pooling",
        "Dense": f"{base}.dense.Dense", "Normalize": f"{new}.normalize.Normalize",
    }

    def change(path):
        modules = read_json(path / "modules.json")
        for module in modules:
            name = module["type"].rpartition(".")[2]
            module["type"] = {"5.3": f"sentence_transformers.models.{name}", "5.4": of_5_4[name]}[dialect]
        write_json(path / "modules.json", modules)

    return change


def paths_of_modules(paths):
    def change(path):
        modules = read_json(path / "modules.json")
        for module, new in zip(modules[1:], paths, strict=True):
            (path / new).parent.mkdir(parents=True, exist_ok=True)
            (path / module["path"]).rename(path / new)
            module["path"] = new
        write_json(path / "modules.json", modules)

    return change


def set_config(file, drop=(), **values):
    def change(path):
        config = read_json(path / file)
        for key in drop:
            del config[key]
        write_json(path / file, config | values)

    return change


def all_of(*changes):
    def change(path):
        for one in changes:
            one(path)

    return change


def without_normalize_folder(path):
    shutil.rmtree(path / "2_Normalize")


def dense(out_features=16, in_features=HIDDEN, **more):
    return st.Dense(in_features, out_features, **more)


for mode in MODES:
    st_folder(f"st_pooling_{mode}", lambda mode=mode: [pooling(mode)], finish={"holes": True})
st_folder("st_pooling_list", lambda: [pooling(["lasttoken", "mean", "cls", "weightedmean", "max"])])
st_folder("st_pooling_all", lambda: [pooling(MODES)], finish={"holes": True})

st_folder("st_legacy_mean", lambda: [pooling("mean")], legacy("mean"))
st_folder("st_legacy_2_2_cls", lambda: [pooling("cls")], legacy("cls", without=["weightedmean", "lasttoken"]))
st_folder("st_legacy_lasttoken", lambda: [pooling("lasttoken")], legacy("lasttoken", include_prompt=True))
st_folder("st_legacy_several", lambda: [pooling(["cls", "max", "mean", "weightedmean"])],
          legacy("weightedmean", "mean", "cls", "max"))
st_folder("st_legacy_all", lambda: [pooling(MODES)], legacy(*MODES))
st_folder("st_legacy_no_flag", lambda: [pooling("mean")], pooling_config({"word_embedding_dimension": HIDDEN}))
st_folder("st_legacy_all_false", lambda: [pooling("mean")], legacy())
st_folder("st_legacy_cls_only", lambda: [pooling("cls")],
          pooling_config({"word_embedding_dimension": HIDDEN, "pooling_mode_cls_token": True}))
st_folder("st_legacy_and_new", lambda: [pooling(["max", "cls"])],
          legacy("mean", "lasttoken", embedding_dimension=HIDDEN, pooling_mode=["max", "cls"]))

for mode in ["mean", "cls", "max", "lasttoken", "weightedmean", "mean_sqrt_len_tokens"]:
    st_folder(f"st_no_prompt_{mode}", lambda mode=mode: [pooling(mode, include_prompt=False)],
              finish={"lengths": LONGER_LENGTHS, "prompt_length": PROMPT_LENGTH, "holes": True})
st_folder("st_no_prompt_legacy", lambda: [pooling("mean")], legacy("mean", include_prompt=False),
          finish={"lengths": LONGER_LENGTHS, "prompt_length": PROMPT_LENGTH})


def pooling_dense_normalize():
    return [pooling(), dense(), st.Normalize()]


st_folder("st_types_6", pooling_dense_normalize)
st_folder("st_types_5_4", pooling_dense_normalize, types_of_modules("5.4"))
st_folder("st_types_5_3", pooling_dense_normalize, types_of_modules("5.3"))
st_folder("st_paths", pooling_dense_normalize, paths_of_modules(["pool", "heads/projection", "unit_length"]))

for name, activation in {
    "tanh": torch.nn.Tanh, "relu": torch.nn.ReLU, "gelu": torch.nn.GELU, "silu": torch.nn.SiLU,
    "sigmoid": torch.nn.Sigmoid, "identity": torch.nn.Identity,
}.items():
    st_folder(f"st_dense_{name}", lambda activation=activation: [pooling(), dense(activation_function=activation())])
# torch.nn.GELU(approximate="tanh") would be saved as torch.nn's GELU and read back as the exact one. This class keeps
# its name, but is read only when the caller trusts the folder: without that the library warns and takes Tanh instead.
st_folder("st_dense_gelu_tanh", lambda: [pooling(), dense(activation_function=transformers.activations.GELUTanh())],
          finish={"trust_remote_code": True})
st_folder("st_dense_no_bias", lambda: [pooling(), dense(bias=False)])
st_folder("st_dense_no_activation", lambda: [pooling(), dense()],
          set_config("2_Dense/config.json", drop=["activation_function"]))
st_folder("st_dense_two", lambda: [pooling(["cls", "mean"]), dense(20, 2 * HIDDEN),
                                   dense(12, 20, bias=False, activation_function=torch.nn.Identity())])
st_folder("st_dense_residual", lambda: [pooling(), dense(HIDDEN, use_residual=True)])
st_folder("st_dense_residual_projected", lambda: [pooling(), dense(12, use_residual=True)])
st_folder("st_dense_5_3", lambda: [pooling(), dense()],
          all_of(types_of_modules("5.3"), set_config("2_Dense/config.json",
                                                     drop=["module_input_name", "module_output_name"])))
st_folder("st_layer_norm", lambda: [pooling(), st.LayerNorm(HIDDEN)])
st_folder("st_normalize", lambda: [pooling("cls"), st.Normalize()])
st_folder("st_normalize_no_folder", lambda: [pooling("cls"), st.Normalize()],
          all_of(types_of_modules("5.3"), without_normalize_folder))
st_folder("st_dropout", lambda: [pooling(), st.Dropout(0.3), dense()])
st_folder("st_everything", lambda: [pooling(["mean", "max"]), st.Dropout(0.1), dense(20, 2 * HIDDEN),
                                    st.LayerNorm(20), dense(12, 20, activation_function=torch.nn.ReLU()),
                                    st.Normalize()], truncate_dim=8)
st_folder("st_truncate", lambda: [pooling(), st.Normalize()], truncate_dim=10)
for name in ["cosine", "dot", "euclidean", "manhattan"]:
    st_folder(f"st_similarity_{name}", lambda: [pooling()], finish={"similarity": True}, similarity_fn_name=name)
st_folder("st_prompts", lambda: [pooling()], prompts={"query": "query: ", "document": "passage: "},
          default_prompt_name="document")


def bare_folder(name, make, change=None):
    """A folder of Transformers alone, for which the library chooses the pooling itself."""

    def make_folder(path):
        make().save_pretrained(path)
        tokenizer().save_pretrained(path)
        if change:
            change(path)
        finish_st(path, name)

    named(name, make_folder)


def qwen2(**more):
    config = transformers.Qwen2Config(
        vocab_size=VOCAB, hidden_size=HIDDEN, num_hidden_layers=1, num_attention_heads=2, num_key_value_heads=1,
        intermediate_size=32, max_position_embeddings=32, initializer_range=0.4, pad_token_id=PAD, **more)
    return transformers.Qwen2ForCausalLM(config)


bare_folder("st_bare_bert", lambda: transformers.BertModel(bert_config()))
bare_folder("st_bare_bert_masked_lm", lambda: transformers.BertForMaskedLM(bert_config()))
bare_folder("st_bare_qwen2_causal_lm", qwen2)
bare_folder("st_bare_qwen2_not_causal", qwen2, set_config("config.json", is_causal=False))
bare_folder("st_bare_qwen2_model", lambda: qwen2().model)

for name, dtype in {"bfloat16": torch.bfloat16, "float16": torch.float16}.items():
    st_folder(f"st_dense_in_{name}", lambda: [pooling(), dense(20), st.LayerNorm(20), dense(12, 20, bias=False)],
              dtype=dtype)

# Zero, negative, and both sides of case: "W39" of the vocabulary takes the weight of "w39", "w32" not that of "W32".
VOCABULARY = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
VOCABULARY += [f"w{index}" for index in range(FIRST_WORD, VOCAB - 1)] + ["W39"]
WORD_WEIGHTS = {f"w{index}": round(0.25 + 0.15 * index, 2) for index in range(FIRST_WORD, 30)}
WORD_WEIGHTS |= {"w38": 0.0, "w9": -0.5, "[CLS]": 0.5, "[SEP]": 1.5, "W32": 9.0, "w39": 2.5}


def word_weights(unknown=0.75):
    return st.WordWeights(vocab=VOCABULARY, word_weights=WORD_WEIGHTS, unknown_word_weight=unknown)


def word_embeddings_folder(name, mode):
    """The library's bag of words: an embedding of each word, its weight, and pooling."""

    def make(path):
        words = st.WordEmbeddings(
            st.tokenizer.WhitespaceTokenizer(vocab=VOCABULARY, stop_words=set()), torch.randn(VOCAB, HIDDEN))
        SentenceTransformer(modules=[words, word_weights(), pooling(mode)], device="cpu").save(
            str(path), create_model_card=False)
        finish_st(path, name, ids=True)

    named(name, make)


word_embeddings_folder("st_word_weights_mean", "mean")
word_embeddings_folder("st_word_weights_max", "max")


def word_weights_folder(name, poolings, change=None):
    """Word weights after an encoder: they are for any module 0 that hands on its token ids."""

    def make(path):
        SentenceTransformer(modules=[encoder(path), word_weights(), poolings()], device="cpu").save(
            str(path), create_model_card=False)
        if change:
            change(path)
        finish_st(path, name, ids=True)

    named(name, make)


word_weights_folder("st_word_weights_all", lambda: pooling(MODES))
word_weights_folder("st_word_weights_5_3", lambda: pooling(["mean", "mean_sqrt_len_tokens"]),
                    lambda path: (path / "1_WordWeights" / "model.safetensors").unlink())


def sparse_folder(name, **more):
    def make(path):
        module = SparseAutoEncoder(HIDDEN, hidden_dim=40, k=6, k_aux=8, **more)
        with torch.no_grad():
            for parameter in [module.pre_bias, module.latent_bias, module.encoder.weight]:
                parameter.normal_(0, 0.5)
        SparseEncoder(modules=[encoder(path), pooling(), module], device="cpu").save(str(path), create_model_card=False)
        finish_st(path, name, sparse=True)

    named(name, make)


sparse_folder("st_sparse_auto_encoder")
sparse_folder("st_sparse_auto_encoder_normalize", normalize=True)


def splade_folder(name, change=None, max_active_dims=None, **more):
    """SPLADE pools the logits of a masked language model: hidden_states [batch, seq, vocabulary]."""

    def make(path):
        module = encoder(path, transformers.BertForMaskedLM, transformer_task="fill-mask")
        SparseEncoder(modules=[module, SpladePooling(**more)], device="cpu", max_active_dims=max_active_dims).save(
            str(path), create_model_card=False)
        if change:
            change(path)
        finish_st(path, name, sparse=True, holes=True, similarity=True)

    named(name, make)


def splade_of_5_0(path):
    """The module, type and key of 5.0 to 5.3."""
    modules = read_json(path / "modules.json")
    for module, name in zip(modules, ["MLMTransformer", "SpladePooling"], strict=True):
        module["type"] = f"sentence_transformers.sparse_encoder.models.{name}"
    write_json(path / "modules.json", modules)
    write_json(path / "1_SpladePooling" / "config.json", {
        "pooling_strategy": "max", "activation_function": "relu", "word_embedding_dimension": None})
    write_json(path / "sentence_bert_config.json", {"max_seq_length": 32, "do_lower_case": False})


splade_folder("st_splade_max", embedding_dimension=VOCAB)
splade_folder("st_splade_sum", pooling_strategy="sum")
splade_folder("st_splade_log1p", activation_function="log1p_relu")
splade_folder("st_splade_sum_log1p", pooling_strategy="sum", activation_function="log1p_relu")
splade_folder("st_splade_active", max_active_dims=5)
splade_folder("st_splade_5_0", splade_of_5_0)


def layers_folder(name, modules, layer_start, weights, change=None):
    """Each token the weighted mean of what several layers give."""

    def make(path):
        module = encoder(path, config={"num_hidden_layers": 2, "output_hidden_states": True})
        mix = st.WeightedLayerPooling(HIDDEN, num_hidden_layers=2, layer_start=layer_start,
                                      layer_weights=torch.nn.Parameter(torch.tensor(weights)))
        SentenceTransformer(modules=[module, mix, *modules()], device="cpu").save(str(path), create_model_card=False)
        if change:
            change(path)
        finish_st(path, name, layers=True, holes=True)

    named(name, make)


layers_folder("st_layers_last_two", lambda: [pooling(), st.Normalize()], 1, [0.75, 1.5])
layers_folder("st_layers_all", lambda: [pooling(["cls", "mean", "max"]), dense(16, 3 * HIDDEN)], 0, [0.25, -0.5, 1.25])
layers_folder("st_layers_5_3", lambda: [pooling("max")], 2, [0.5], set_config(
    "1_WeightedLayerPooling/config.json", drop=["embedding_dimension"], word_embedding_dimension=HIDDEN))


# ---------------------------------------------------------------------- what reads as sentence-transformers, and is not

MODELING_MINE = """
import torch
from sentence_transformers.sentence_transformer import modules


class Pooling(modules.Pooling):
    def forward(self, features):
        features = super().forward(features)
        features["sentence_embedding"] = features["sentence_embedding"] + 1
        return features


class Normalize(modules.Normalize):
    def forward(self, features):
        features["sentence_embedding"] = features["sentence_embedding"] / 2
        return features
"""


def other_package(module, name):
    """A class of the folder's own file, by a name of the library's."""

    def change(path):
        (path / "modeling_mine.py").write_text(MODELING_MINE, encoding="utf-8")
        modules = read_json(path / "modules.json")
        modules[module]["type"] = f"modeling_mine.{name}"
        write_json(path / "modules.json", modules)

    return change


def output_of_encoder(**modality):
    """What the library takes from the encoder, as sentence_bert_config.json says it since 5.4."""
    return set_config("sentence_bert_config.json", modality_config={"text": {"method": "forward"} | modality})


def refused_st_folder(name, words, change, modules=lambda: [pooling(), st.Normalize()], **config):
    def make(path):
        SentenceTransformer(modules=[encoder(path, config=config), *modules()], device="cpu").save(
            str(path), create_model_card=False)
        change(path)
        model = SentenceTransformer(str(path), device="cpu", trust_remote_code=True,
                                    model_kwargs={"dtype": torch.float32}).eval()
        input_ids, mask = ids_and_mask(LENGTHS)
        inputs = {"input_ids": input_ids, "attention_mask": mask}
        with torch.inference_mode():
            states = model[0].auto_model(**inputs).last_hidden_state.clone()
            vectors = model(dict(inputs))["sentence_embedding"].clone()
        refused(path, name, "sentence_transformer", words, {
            "right.hidden_states": states, "right.attention_mask": mask, "right.expected": vectors,
        }, SENTENCE_TRANSFORMERS)

    named(name, make)


refused_st_folder("refused_st_layer_before", """'["hidden_states",-2]'""",
                  output_of_encoder(method_output_name=["hidden_states", -2]), num_hidden_layers=2)
refused_st_folder("refused_st_embeddings", """'["hidden_states",0]'""",
                  output_of_encoder(method_output_name=["hidden_states", 0]))
refused_st_folder("refused_st_my_pooling", "'modeling_mine.Pooling'", other_package(1, "Pooling"))
refused_st_folder("refused_st_my_normalize", "'modeling_mine.Normalize'", other_package(2, "Normalize"))


# -------------------------------------------------------------------------------------------------------- multi-vector


def multi_vector_folder(name, modules, change=None, **arguments):
    """A vector for each token: what `encode` gives, and zeros for the tokens that it leaves out."""

    def make(path):
        after = modules()
        for module in after:
            randomize(module.named_parameters())
        MultiVectorEncoder(modules=[encoder(path), *after], device="cpu", **arguments).save(
            str(path), create_model_card=False)
        if change:
            change(path)
        model = MultiVectorEncoder(str(path), device="cpu", model_kwargs={"dtype": torch.float32}).eval()
        after = list(model)[1:]

        @torch.inference_mode()
        def run(states, mask, input_ids):
            features = {"token_embeddings": states.clone(), "attention_mask": mask.clone(), "input_ids": input_ids}
            for module in after:
                features = module(features)
            return torch.where(features["attention_mask"].bool()[..., None], features["token_embeddings"], 0).clone()

        tensors = {}
        for side in ["left", "right"]:
            input_ids, mask = ids_and_mask(LENGTHS, left=side == "left")
            with torch.inference_mode():
                states = model[0]({"input_ids": input_ids, "attention_mask": mask})["token_embeddings"].clone()
            tensors[f"{side}.hidden_states"], tensors[f"{side}.attention_mask"] = states, mask
            tensors[f"{side}.expected"] = run(states, mask, input_ids)
        vectors = [row[kept == 1] for row, kept in zip(tensors["right.expected"], mask, strict=True)]
        tensors["right.similarity"] = model.similarity(vectors, vectors)
        for row, length in enumerate(LENGTHS):
            if length > 2:
                text = " ".join(f"w{index}" for index in input_ids[row, 1:length - 1])
                torch.testing.assert_close(model.encode(text), vectors[row])
        rounded = states.to(torch.bfloat16)
        tensors["bf16.hidden_states"], tensors["bf16.attention_mask"] = rounded, mask
        tensors["bf16.expected"] = run(rounded.float(), mask, input_ids)
        for module in after:
            module.to(torch.bfloat16)
        tensors["bf16.own"] = run(rounded, mask, input_ids).float()
        target = keep(path, name, lambda key: False)
        save_golden(target, tensors, "multi_vector_encoder", SENTENCE_TRANSFORMERS)

    named(name, make)


def token_dense(out_features=16, in_features=HIDDEN, **more):
    return dense(out_features, in_features, module_input_name="token_embeddings", **more)


def token_normalize():
    return st.Normalize(module_input_name="token_embeddings")


def colbert(mask=MultiVectorMask):
    return [token_dense(bias=False, activation_function=torch.nn.Identity()), mask(), token_normalize()]


multi_vector_folder("mv_colbert", colbert)
# None of the words of the test is in the list: the tokenizer alone knows what its words are.
multi_vector_folder("mv_skiplist", lambda: colbert(lambda: MultiVectorMask(skiplist_words=["[MASK]"])),
                    prompts={"query": "w5 ", "document": "w6 "})
multi_vector_folder("mv_two_layers", lambda: [
    token_dense(32, activation_function=torch.nn.GELU()), token_dense(8, 32, use_residual=True), token_normalize()],
    similarity_fn_name="meanmaxsim")
# A Dense of before 5.4 does not say what it works on: for a MultiVectorEncoder it is tokens.
multi_vector_folder("mv_dense_5_3", colbert, set_config(
    "1_Dense/config.json", drop=["module_input_name", "module_output_name"]))


# --------------------------------------------------------------------------------------------------------- Transformers


@contextlib.contextmanager
def states_taken(model, place, given=None):
    """Within it, the hidden states that the part of the model at `place` gives are seen, or replaced by given ones."""
    seen = []

    def hook(module, inputs, output):
        if isinstance(output, torch.Tensor):
            seen.append(output)
            return given
        seen.append(output[0])
        if given is None:
            return None
        if isinstance(output, tuple):
            return (given, *output[1:])
        output["last_hidden_state"] = given
        return output

    handle = model.get_submodule(place).register_forward_hook(hook)
    yield seen
    handle.remove()


def postprocessed(model, logits):
    """What Transformers' text-classification pipeline gives, in the order of the labels."""
    self = types.SimpleNamespace(model=model)
    rows = [TextClassificationPipeline.postprocess(self, {"logits": row[None]}, top_k=None, _legacy=True)
            for row in logits]
    return torch.tensor([[label["score"] for label in row] for row in rows])


def inputs_of_tokens(left, config, lengths, positions, **more):
    input_ids, mask = ids_and_mask(lengths, left=left, **more)
    inputs = {"input_ids": input_ids, "attention_mask": mask}
    if positions:
        inputs["position_ids"] = (mask.cumsum(dim=1) - 1).clamp(min=0)
    return inputs, mask


def transformers_folder(
    name, make, kind="sequence_classifier", place=None, heads=(), left="moved", inputs=None, output="logits",
    lengths=LENGTHS, positions=False, change=None, dtype=torch.float32, shard_size=None, probabilities=True,
    base=None, also=(), call="__call__", ids=False, decoder_mask=None, **tokens,
):
    """Registers a folder.

    `place` is the part of the model that gives the hidden states, `base` the prefix of the encoder's names, of all if
    it is empty, `heads` what belongs to the head although its name is that of the encoder, `also` more of the encoder
    to keep. `left` is "moved": the states of right padding at the other end, for classes that take the first column
    whatever the mask says; "given": those, and the library's own answer to them; "own": the library runs on left
    padding; "only": the class is right with left padding alone, and right padding is moved from there. `call` is the
    model's method that is run, `output` what of its result is expected. With `ids` those are kept too, and beside
    them a row whose only token is the last one. `decoder_mask(model, input_ids)` is a mask that is not the right one.
    """

    def save_in(path):
        model = make()
        prefix = model.base_model_prefix if base is None else base
        prefix = prefix and prefix + "."

        def is_head(key):
            return not key.startswith(prefix) or key.startswith(tuple(heads))

        randomize((key, value) for key, value in model.named_parameters() if is_head(key))
        model.to(dtype).save_pretrained(path)
        if change:
            change(path)
        return type(model), is_head

    def make_folder(path):
        model_class, is_head = save_in(path)
        model = model_class.from_pretrained(path, dtype=torch.float32).eval()
        where = place or model.base_model_prefix
        prepare = inputs or (lambda left: inputs_of_tokens(left, model.config, lengths, positions, **tokens))

        @torch.no_grad()
        def run(model, arguments, given=None):
            with states_taken(model, where, given) as seen:
                result = getattr(model, call)(**arguments)[output].clone()
            return seen[0].clone(), result

        tensors = {}

        def add(side, states, mask, expected, arguments):
            tensors[f"{side}.hidden_states"], tensors[f"{side}.attention_mask"] = states, mask
            tensors[f"{side}.expected"] = expected
            if ids:
                tensors[f"{side}.input_ids"] = arguments["input_ids"]
            if probabilities and kind == "sequence_classifier":
                tensors[f"{side}.probabilities"] = postprocessed(model, expected)

        if left == "only":
            arguments, mask = prepare(left=True)
            states, expected = run(model, arguments)
            add("left", states, mask, expected, arguments)
            add("right", moved(states, mask, to_left=True), moved(mask, mask, to_left=True), expected, arguments)
            side = "left"
        else:
            arguments, mask = prepare(left=False)
            states, expected = run(model, arguments)
            add("right", states, mask, expected, arguments)
            if decoder_mask:
                tensors["right.decoder_attention_mask"] = decoder_mask(model, arguments["input_ids"])
            left_arguments, left_mask = prepare(left=True)
            left_states = moved(states, mask)
            if left == "own":
                left_states, expected = run(model, left_arguments)
            elif left == "given":
                expected = run(model, left_arguments, left_states)[1]
            add("left", left_states, left_mask, expected, left_arguments)
            if ids and len(lengths) > 1:
                alone, alone_mask = inputs_of_tokens(False, model.config, [2, 1, 3], positions, **tokens)
                states, expected = run(model, alone)
                add("alone", states, alone_mask, expected, alone)
            side = "right"
        rounded = tensors[f"{side}.hidden_states"].to(torch.bfloat16)
        tensors["bf16.hidden_states"], tensors["bf16.attention_mask"] = rounded, mask
        tensors["bf16.expected"] = run(model, arguments, rounded.float())[1]
        if ids:
            tensors["bf16.input_ids"] = arguments["input_ids"]
        for key, module in model.named_children():  # The encoder stays: XLNet's own cannot be bfloat16.
            if is_head(key + "."):
                module.to(torch.bfloat16)
        for key in heads:
            model.get_submodule(key.rstrip(".")).to(torch.bfloat16)
        tensors["bf16.own"] = run(model, arguments, rounded)[1].float()
        target = keep(path, name, lambda key: is_head(key) or key in also, shard_size)
        save_golden(target, tensors, kind, TRANSFORMERS)

    named(name, make_folder)


def labels(names):
    return {"id2label": dict(enumerate(names)), "label2id": {name: index for index, name in enumerate(names)}}


def made(model, task, **config):
    """A random model of a class such as BertForSequenceClassification."""
    config = getattr(transformers, f"{model}Config")(**config)
    return getattr(transformers, f"{model}For{task}Classification")(config)


SMALL = {"vocab_size": VOCAB, "hidden_size": HIDDEN, "num_hidden_layers": 1, "num_attention_heads": 2,
         "intermediate_size": 32, "max_position_embeddings": 32, "initializer_range": 0.4}
TWELVE = labels(["joy", "anger", "fear", "trust", "surprise", "sadness", "disgust", "hope", "pride", "calm", "awe",
                 "envy"])
THREE = labels(["negative", "neutral", "positive"])
TAGS = labels(["O", "B-PER", "I-PER", "B-LOC", "I-LOC"])


def shuffled_labels(path):
    """The keys of id2label in an order that is neither that of numbers nor that of strings."""
    config = read_json(path / "config.json")
    keys = list(config["id2label"])
    random.shuffle(keys)
    config["id2label"] = {key: config["id2label"][key] for key in keys}
    write_json(path / "config.json", config)


def old_dtype_key(path):
    config = read_json(path / "config.json")
    write_json(path / "config.json", {{"dtype": "torch_dtype"}.get(key, key): value for key, value in config.items()})


def sequence(name, model, config, **arguments):
    transformers_folder(f"sequence_{name}", lambda: made(model, "Sequence", **config), **arguments)


def token(name, model, config, left="given", **arguments):
    transformers_folder(f"token_{name}", lambda: made(model, "Token", **config | TAGS), "token_classifier", left=left,
                        **arguments)


BERT = {"place": "bert.encoder", "heads": ["bert.pooler."]}
sequence("bert", "Bert", SMALL | TWELVE, change=shuffled_labels, **BERT)
sequence("bert_single_label", "Bert", SMALL | THREE | {"problem_type": "single_label_classification"}, **BERT)
sequence("bert_multi_label", "Bert", SMALL | THREE | {"problem_type": "multi_label_classification"}, **BERT)
sequence("bert_regression", "Bert", SMALL | {"problem_type": "regression", "num_labels": 1}, **BERT)
sequence("bert_regression_three", "Bert", SMALL | THREE | {"problem_type": "regression"}, **BERT)
sequence("bert_one_label", "Bert", SMALL | {"num_labels": 1}, **BERT)
sequence("bert_bfloat16", "Bert", SMALL | THREE, dtype=torch.bfloat16, **BERT)
sequence("bert_float16", "Bert", SMALL | THREE, dtype=torch.float16, change=old_dtype_key, **BERT)
sequence("bert_sharded", "Bert", SMALL | THREE, shard_size=2500, **BERT)

ROBERTA = SMALL | THREE | {"pad_token_id": 1, "bos_token_id": CLS, "eos_token_id": SEP}
sequence("roberta", "Roberta", ROBERTA, pad=1)
sequence("xlm_roberta", "XLMRoberta", ROBERTA, pad=1)
sequence("camembert", "Camembert", ROBERTA, pad=1)
token("roberta", "Roberta", ROBERTA, pad=1)
token("xlm_roberta", "XLMRoberta", ROBERTA, pad=1)
token("camembert", "Camembert", ROBERTA, pad=1)

EMBEDDING = {"embedding_size": 16}
DISTILBERT = {"vocab_size": VOCAB, "dim": HIDDEN, "n_layers": 1, "n_heads": 2, "hidden_dim": 32,
              "max_position_embeddings": 32, "initializer_range": 0.4}
sequence("electra", "Electra", SMALL | THREE | EMBEDDING)
sequence("distilbert", "DistilBert", DISTILBERT | THREE)
sequence("albert", "Albert", SMALL | THREE | EMBEDDING, place="albert.encoder", heads=["albert.pooler."])
sequence("mpnet", "MPNet", SMALL | THREE, pad=1)
token("bert", "Bert", SMALL)
token("electra", "Electra", SMALL | EMBEDDING)
token("distilbert", "DistilBert", DISTILBERT)
token("albert", "Albert", SMALL | EMBEDDING)
token("mpnet", "MPNet", SMALL, pad=1)

MODERN = SMALL | THREE | {"global_attn_every_n_layers": 1, "local_attention": 8, "pad_token_id": PAD,
                          "cls_token_id": CLS, "sep_token_id": SEP, "bos_token_id": CLS, "eos_token_id": SEP}
sequence("modernbert_cls", "ModernBert", MODERN | {"classifier_pooling": "cls"})
sequence("modernbert_mean", "ModernBert", MODERN | {"classifier_pooling": "mean"}, left="given")
sequence("modernbert_bias", "ModernBert", MODERN | {
    "classifier_pooling": "mean", "classifier_bias": True, "norm_bias": True, "classifier_activation": "silu",
    "norm_eps": 1e-3}, left="given")
token("modernbert", "ModernBert", MODERN)

DEBERTA = SMALL | THREE | {"pooler_hidden_size": HIDDEN}
sequence("deberta_v2", "DebertaV2", DEBERTA)
sequence("deberta_v2_tanh", "DebertaV2", DEBERTA | {"pooler_hidden_act": "tanh"})
token("deberta_v2", "DebertaV2", SMALL)
sequence("deberta", "Deberta", DEBERTA)
token("deberta", "Deberta", SMALL)

XLNET = {"vocab_size": VOCAB, "d_model": HIDDEN, "n_layer": 1, "n_head": 2, "d_inner": 32, "initializer_range": 0.4,
         "pad_token_id": PAD}
sequence("xlnet", "XLNet", XLNET | THREE, left="only", first=None, last=CLS)
sequence("xlnet_first", "XLNet", XLNET | THREE | {"summary_type": "first", "summary_activation": "gelu"})
token("xlnet", "XLNet", XLNET)

GPT2 = {"vocab_size": VOCAB, "n_embd": HIDDEN, "n_layer": 1, "n_head": 2, "n_inner": 32, "n_positions": 32,
        "initializer_range": 0.4, "pad_token_id": PAD, "bos_token_id": CLS, "eos_token_id": SEP}
DECODER = SMALL | THREE | {"num_key_value_heads": 1, "head_dim": 12, "pad_token_id": PAD, "bos_token_id": CLS,
                           "eos_token_id": SEP}
ON_EITHER_SIDE = {"first": None, "last": None, "left": "own", "positions": True}
sequence("gpt2", "GPT2", GPT2 | THREE, **ON_EITHER_SIDE)
sequence("llama", "Llama", DECODER, **ON_EITHER_SIDE)
sequence("qwen2", "Qwen2", DECODER, **ON_EITHER_SIDE)
sequence("qwen3", "Qwen3", DECODER, **ON_EITHER_SIDE)
sequence("mistral", "Mistral", DECODER, **ON_EITHER_SIDE)
sequence("gemma", "Gemma", DECODER, **ON_EITHER_SIDE)
sequence("gemma2", "Gemma2", DECODER, **ON_EITHER_SIDE)
sequence("gemma3_text", "Gemma3Text", DECODER, **ON_EITHER_SIDE)
token("llama", "Llama", DECODER, **ON_EITHER_SIDE)
token("qwen2", "Qwen2", DECODER, **ON_EITHER_SIDE)
token("qwen3", "Qwen3", DECODER, **ON_EITHER_SIDE)
token("mistral", "Mistral", DECODER, **ON_EITHER_SIDE)
token("gemma", "Gemma", DECODER, **ON_EITHER_SIDE)
token("gemma2", "Gemma2", DECODER, **ON_EITHER_SIDE)

# Padding that a text may end with: its end of text, or an unknown word. Of those a mask does not know where they begin.
for pad, token_id in {"eos": SEP, "unk": UNK}.items():
    PADDED = ON_EITHER_SIDE | {"last": token_id, "pad": token_id, "ids": True, "lengths": [3, 7, 2, 5]}
    for name, model, config in [
        ("gpt2", "GPT2", GPT2 | THREE), ("llama", "Llama", DECODER), ("qwen2", "Qwen2", DECODER),
        ("qwen3", "Qwen3", DECODER), ("mistral", "Mistral", DECODER), ("gemma", "Gemma", DECODER),
        ("gemma2", "Gemma2", DECODER), ("gemma3_text", "Gemma3Text", DECODER),
    ]:
        if pad == "eos" or name in ("gpt2", "llama"):
            sequence(f"{name}_pad_is_{pad}", model, config | {"pad_token_id": token_id}, **PADDED)
# Without a token for padding the library takes one text at a time, and its last token.
sequence("llama_no_pad", "Llama", DECODER | {"pad_token_id": None},
         **ON_EITHER_SIDE | {"last": SEP, "ids": True, "lengths": [SEQ]})
# Gemma's own padding is 0, where config.json does not say it.
sequence("gemma_own_pad", "Gemma", DECODER, change=set_config("config.json", drop=["pad_token_id"]),
         **ON_EITHER_SIDE | {"last": PAD, "ids": True, "lengths": [3, 7, 2, 5]})
token("llama_no_bias", "Llama", DECODER | {"token_classification_bias": False}, **ON_EITHER_SIDE)

# Of an encoder with a decoder the hidden states are the decoder's, and the last real token is the end of the sequence:
# of the encoder's input, which the decoder's own is moved by one from.
BART = {"vocab_size": VOCAB, "d_model": HIDDEN, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2,
        "decoder_attention_heads": 2, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32, "max_position_embeddings": 32,
        "init_std": 0.4, "pad_token_id": PAD, "bos_token_id": CLS, "eos_token_id": SEP, "decoder_start_token_id": SEP,
        "forced_eos_token_id": None}
T5 = {"vocab_size": VOCAB, "d_model": HIDDEN, "d_kv": 12, "d_ff": 32, "num_layers": 1, "num_decoder_layers": 1,
      "num_heads": 2, "pad_token_id": PAD, "eos_token_id": SEP, "decoder_start_token_id": PAD}


def shifted_mask(model, input_ids):
    start, pad = model.config.decoder_start_token_id, model.config.pad_token_id
    return (shift_tokens_right(input_ids, pad, start) != pad).long()


sequence("bart", "Bart", BART | THREE, first=None, left="own", decoder_mask=shifted_mask)
sequence("t5", "T5", T5 | THREE, first=None, left="own", decoder_mask=shifted_mask)


# A file that still has the head that the model had before it was a classifier, which the library leaves out.
def with_head_of(task, config, **more):
    """Adds what a class such as BertForMaskedLM has beside its encoder."""

    def change(path):
        model = getattr(transformers, task)(getattr(transformers, config)(**more))
        randomize(model.named_parameters())
        prefix = model.base_model_prefix + "."
        head = {key: value for key, value in model.state_dict().items() if not key.startswith(prefix)}
        tensors = load_file(path / "model.safetensors")
        assert head and not head.keys() & tensors.keys(), (head.keys(), tensors.keys())
        save_tensors(tensors | head, path / "model.safetensors", {"format": "pt"})

    return change


sequence("bert_pretrained", "Bert", SMALL | THREE, change=with_head_of("BertForPreTraining", "BertConfig", **SMALL),
         **BERT)
sequence("roberta_pretrained", "Roberta", ROBERTA, pad=1,
         change=with_head_of("RobertaForMaskedLM", "RobertaConfig", **ROBERTA))
sequence("deberta_v2_pretrained", "DebertaV2", DEBERTA,
         change=with_head_of("DebertaV2ForMaskedLM", "DebertaV2Config", **SMALL, legacy=False))
sequence("albert_pretrained", "Albert", SMALL | THREE | EMBEDDING, place="albert.encoder", heads=["albert.pooler."],
         change=with_head_of("AlbertForPreTraining", "AlbertConfig", **SMALL | EMBEDDING))
sequence("distilbert_pretrained", "DistilBert", DISTILBERT | THREE,
         change=with_head_of("DistilBertForMaskedLM", "DistilBertConfig", **DISTILBERT))
sequence("llama_pretrained", "Llama", DECODER, **ON_EITHER_SIDE,
         change=with_head_of("LlamaForCausalLM", "LlamaConfig", **DECODER))


def clip_text():
    config = {key: value for key, value in SMALL.items() if key != "initializer_range"}
    return transformers.CLIPTextModelWithProjection(transformers.CLIPTextConfig(
        projection_dim=16, initializer_factor=10.0, pad_token_id=PAD, bos_token_id=CLS, eos_token_id=SEP, **config))


transformers_folder("clip_text", clip_text, place="text_model.final_layer_norm", first=None, left="given",
                    output="text_embeds", probabilities=False)


def patches(left):
    """Images of different shapes, in patches of 4 x 4 pixels, the padding on the right."""
    shapes = torch.tensor([[2, 3], [2, 4], [1, 1], [1, 3]])
    mask = (torch.arange(8) < shapes.prod(dim=1, keepdim=True)).long()
    mask = mask.flip(1) if left else mask
    pixels = torch.randn(4, 8, 48, generator=torch.Generator().manual_seed(8))
    return {"pixel_values": pixels, "pixel_attention_mask": mask, "spatial_shapes": shapes}, mask


def image(left):
    """Images of 2 x 3 patches: no patch is padding, so left and right are the same."""
    pixels = torch.randn(4, 3, 8, 12, generator=torch.Generator().manual_seed(8))
    return {"pixel_values": pixels, "interpolate_pos_encoding": True}, torch.ones(4, 6, dtype=torch.int64)


def siglip(version, **vision):
    parts = {"hidden_size": HIDDEN, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = getattr(transformers, f"{version}Config")(
        vision_config=parts | {"patch_size": 4} | vision, text_config=parts | {"vocab_size": VOCAB}, **THREE)
    return getattr(transformers, f"{version}ForImageClassification")(config)


# The encoder's own attention pooling is in the checkpoint, and this class does not use it.
SIGLIP = {"place": "vision_model", "base": "vision_model", "also": ["vision_model.head.probe"], "left": "given"}
transformers_folder("image_siglip2", lambda: siglip("Siglip2", num_patches=16), inputs=patches, **SIGLIP)
transformers_folder("image_siglip", lambda: siglip("Siglip", image_size=8), inputs=image, **SIGLIP)


def square_image(left):
    pixels = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(8))
    return {"pixel_values": pixels}, torch.ones(4, 4, dtype=torch.int64)


def siglip_encoder(version, **vision):
    """The vision model alone, whose pooler_output is that of its attention pooling."""
    parts = {"hidden_size": HIDDEN, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4}
    config = getattr(transformers, f"{version}VisionConfig")(**parts | {"patch_size": 4} | vision)
    return getattr(transformers, f"{version}VisionModel")(config)


def siglip_both(version, **vision):
    parts = {"hidden_size": HIDDEN, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 4}
    config = getattr(transformers, f"{version}Config")(
        vision_config=parts | {"patch_size": 4} | vision,
        text_config=parts | {"num_attention_heads": 2, "vocab_size": VOCAB, "max_position_embeddings": 32})
    return getattr(transformers, f"{version}Model")(config)


ALONE = {"place": "post_layernorm", "base": "", "heads": ["head."], "output": "pooler_output", "left": "given",
         "probabilities": False}
BOTH = {"place": "vision_model.post_layernorm", "base": "", "heads": ["vision_model.head."],
        "also": ["logit_scale", "logit_bias", "text_model.head.bias"], "call": "get_image_features",
        "output": "pooler_output", "left": "given", "probabilities": False}
transformers_folder("vision_siglip", lambda: siglip_encoder("Siglip", image_size=8), inputs=image, **ALONE)
transformers_folder("vision_siglip2", lambda: siglip_encoder("Siglip2", num_patches=16), inputs=patches, **ALONE)
transformers_folder("both_siglip", lambda: siglip_both("Siglip", image_size=8, hidden_act="gelu", layer_norm_eps=1e-3),
                    inputs=square_image, **BOTH)
transformers_folder("both_siglip2", lambda: siglip_both("Siglip2", num_patches=16), inputs=patches, **BOTH)


# ------------------------------------------------------------------------------------------------------------- GLiClass


def gliclass_folder(name, **config):
    """A configuration of GLiClass alone. It pools without a mask: expected is what it makes of each text by itself."""

    def make(path):
        model = gliclass.GLiClassModel(gliclass.GLiClassModelConfig(
            encoder_model="bert", encoder_config=bert_config().to_dict(), hidden_size=HIDDEN, vocab_size=VOCAB,
            scorer_type="simple", **config))
        model.config.save_pretrained(path)
        pooler = model.model.pooler
        states = torch.randn(len(LENGTHS), SEQ, HIDDEN)

        @torch.inference_mode()
        def run(states, mask):
            return torch.cat([pooler(row[kept == 1][None]) for row, kept in zip(states, mask, strict=True)])

        tensors = {}
        for side in ["left", "right"]:
            mask = ids_and_mask(LENGTHS, left=side == "left")[1]
            tensors[f"{side}.hidden_states"], tensors[f"{side}.attention_mask"] = states, mask
            tensors[f"{side}.expected"] = run(states, mask)
        rounded = states.to(torch.bfloat16)
        tensors["bf16.hidden_states"], tensors["bf16.attention_mask"] = rounded, mask
        tensors["bf16.expected"] = run(rounded.float(), mask)
        tensors["bf16.own"] = run(rounded, mask).float()
        save_golden(keep(path, name, lambda key: False), tensors, "gliclass", GLICLASS)

    named(name, make)


for strategy in ["first", "last", "avg", "max", "sum", "rms", "abs_max", "abs_avg"]:
    gliclass_folder(f"gliclass_{strategy}", pooling_strategy=strategy)


# ------------------------------------------------------------------------------------------------------- cross encoders

PAIRS = [("w5 w6", "w7"), ("w8 w9 w10 w11", "w12 w13 w14"), ("w15", "w16"), ("w17 w18 w19", "w20 w21 w22")]


def is_bert_head(key):
    return key.startswith(("bert.pooler.", "classifier."))


def base_of_cross_encoder(path, num_labels):
    base = path.parent / "base"
    model = transformers.BertForSequenceClassification(bert_config(num_labels=num_labels))
    randomize((key, value) for key, value in model.named_parameters() if is_bert_head(key))
    model.save_pretrained(base)
    tokenizer().save_pretrained(base)
    return base


def cross_encoder_folder(name, num_labels, activation=None, change=None, **metadata):
    def make(path):
        base = base_of_cross_encoder(path, num_labels)
        CrossEncoder(str(base), device="cpu", activation_fn=activation).save(str(path), create_model_card=False)
        if change:
            change(path)
        cross_encoder = CrossEncoder(str(path), device="cpu")
        model = cross_encoder.model.eval()
        inputs = cross_encoder.preprocess(PAIRS)
        inputs = {key: value for key, value in inputs.items() if isinstance(value, torch.Tensor)}
        mask = inputs["attention_mask"]

        def scores(logits):
            return cross_encoder.activation_fn(logits)

        @torch.no_grad()
        def run(model, given=None):
            with states_taken(model, "bert.encoder", given) as seen:
                logits = model(**inputs).logits.clone()
            return seen[0].clone(), logits

        states, logits = run(model)
        predicted = cross_encoder.predict(PAIRS, convert_to_tensor=True).clone().reshape(len(PAIRS), -1)
        torch.testing.assert_close(predicted, scores(logits))
        rounded = states.to(torch.bfloat16)
        tensors = {
            "right.hidden_states": states, "right.attention_mask": mask, "right.expected": logits,
            "right.probabilities": predicted,
            "left.hidden_states": moved(states, mask), "left.attention_mask": moved(mask, mask),
            "left.expected": logits, "left.probabilities": predicted,
            "bf16.hidden_states": rounded, "bf16.attention_mask": mask, "bf16.expected": run(model, rounded.float())[1],
            "bf16.own": run(model.to(torch.bfloat16), rounded)[1].float(),
        }
        target = keep(path, name, is_bert_head)
        save_golden(target, tensors, "sequence_classifier", SENTENCE_TRANSFORMERS, cross_encoder="true", **metadata)

    named(name, make)


def of_cross_encoder_4(activation):
    """Up to 5.3 the root had no modules.json, and config.json said which activation to take (since 4.0)."""

    def change(path):
        for file in ["modules.json", "config_sentence_transformers.json", "sentence_bert_config.json"]:
            (path / file).unlink()
        set_config("config.json", sentence_transformers={"activation_fn": activation, "version": "4.1.0"})(path)

    return change


def of_cross_encoder_3(activation):
    """Before 4.0 it had a key of its own."""

    def change(path):
        for file in ["modules.json", "config_sentence_transformers.json", "sentence_bert_config.json"]:
            (path / file).unlink()
        set_config("config.json", sbert_ce_default_activation_function=activation)(path)

    return change


IDENTITY = "torch.nn.modules.linear.Identity"
SIGMOID = "torch.nn.modules.activation.Sigmoid"
cross_encoder_folder("cross_encoder_one", 1)
cross_encoder_folder("cross_encoder_three", 3)
cross_encoder_folder("cross_encoder_one_identity", 1, torch.nn.Identity())
cross_encoder_folder("cross_encoder_three_sigmoid", 3, torch.nn.Sigmoid())
cross_encoder_folder("cross_encoder_4_identity", 1, change=of_cross_encoder_4(IDENTITY))
cross_encoder_folder("cross_encoder_4_sigmoid", 3, change=of_cross_encoder_4(SIGMOID))
cross_encoder_folder("cross_encoder_3_identity", 1, change=of_cross_encoder_3(IDENTITY))
cross_encoder_folder("cross_encoder_one_tanh", 1, torch.nn.Tanh())
cross_encoder_folder("cross_encoder_three_softmax", 3, torch.nn.Softmax())
# Of this seqpool gives the logits alone.
cross_encoder_folder("cross_encoder_three_softplus", 3, torch.nn.Softplus(), not_understood="activation.Softplus'")


# ------------------------------------------------------------------------------- cross encoders of several modules


def scores_of(modules, activation, **features):
    """What the modules make of the features, and the activation of that, as in CrossEncoder.predict."""
    with torch.no_grad():
        for module in modules:
            features = module(features)
        scores = features["scores"].float().clone()
        return scores, activation(scores)


def cross_encoder_modules_folder(name, after, activation=None, dtype=torch.float32, task=None):
    """Registers a CrossEncoder of an encoder and the modules of `after`, behind a pooling or behind a classifier."""

    def make(path):
        base = base_of_cross_encoder(path, 3) if task else None
        first = st.Transformer(str(base), transformer_task=task) if task else encoder(path)
        modules = after()
        for module in modules:
            randomize(module.named_parameters())
        saved = CrossEncoder(modules=[first, *modules], device="cpu", activation_fn=activation)
        saved.to(dtype).save(str(path), create_model_card=False)
        model = CrossEncoder(str(path), device="cpu", model_kwargs={"dtype": torch.float32}).eval()
        act = model.activation_fn

        def run(states, mask):
            if not task:
                return scores_of(list(model)[1:], act, token_embeddings=states.clone(), attention_mask=mask)
            # The classifier is in the encoder's module, whose input does not matter: its hidden states are given.
            ids = torch.full(mask.shape, FIRST_WORD)
            with states_taken(model[0].auto_model, "bert.encoder", states):
                return scores_of(model, act, input_ids=ids, attention_mask=mask)

        inputs = model.preprocess(PAIRS)
        with torch.no_grad(), states_taken(model[0].auto_model, "bert.encoder" if task else "encoder") as seen:
            predicted = model.predict(PAIRS, convert_to_tensor=True).clone().reshape(len(PAIRS), -1)
        order = sorted(range(len(PAIRS)), key=lambda row: -len(PAIRS[row][0]) - len(PAIRS[row][1]))
        states, mask = seen[0].clone(), inputs["attention_mask"]
        states = torch.stack([states[order.index(row)] for row in range(len(PAIRS))])  # predict sorts by length
        logits, probabilities = run(states, mask)
        torch.testing.assert_close(predicted, probabilities)
        rounded = states.to(torch.bfloat16)
        tensors = {"right.hidden_states": states, "right.attention_mask": mask, "right.expected": logits,
                   "right.probabilities": predicted,
                   "left.hidden_states": moved(states, mask), "left.attention_mask": moved(mask, mask)}
        if task:  # Which takes the first column, whatever the mask says.
            tensors["left.expected"], tensors["left.probabilities"] = logits, predicted
        else:
            tensors["left.expected"], tensors["left.probabilities"] = run(moved(states, mask), moved(mask, mask))
        tensors["bf16.hidden_states"], tensors["bf16.attention_mask"] = rounded, mask
        tensors["bf16.expected"] = run(rounded.float(), mask)[0]
        model.to(torch.bfloat16)
        tensors["bf16.own"] = run(rounded, mask)[0]
        target = keep(path, name, is_bert_head if task else lambda key: False)
        save_golden(target, tensors, "sequence_classifier", SENTENCE_TRANSFORMERS, cross_encoder="true")

    named(name, make)


def scores_dense(out_features, in_features=HIDDEN, **more):
    return dense(out_features, in_features, activation_function=torch.nn.Identity(), module_output_name="scores", **more)


cross_encoder_modules_folder("cross_encoder_modules_ettin", lambda: [
    pooling("cls"), dense(HIDDEN, bias=False, activation_function=torch.nn.GELU()), st.LayerNorm(HIDDEN),
    scores_dense(1)])
cross_encoder_modules_folder("cross_encoder_modules_three", lambda: [
    pooling(["mean", "max"]), st.Dropout(0.1), dense(12, 2 * HIDDEN), scores_dense(3, 12)], torch.nn.Softmax())
cross_encoder_modules_folder("cross_encoder_modules_bfloat16", lambda: [
    pooling("mean"), st.Normalize(), scores_dense(2, bias=False)], dtype=torch.bfloat16)
cross_encoder_modules_folder("cross_encoder_modules_two_scores", lambda: [
    pooling("lasttoken"), scores_dense(4), dense(1, 4, module_input_name="scores")], torch.nn.SiLU())
cross_encoder_modules_folder("cross_encoder_modules_behind_classifier", lambda: [
    dense(1, 3, activation_function=torch.nn.Identity(), module_input_name="scores")],
    task="sequence-classification")


def yes_no_tokenizer():
    """The tokenizer of the words "yes" and "no" too, in the places of w20 and w21."""
    result = tokenizer()
    words = {{"w20": "yes", "w21": "no"}.get(word, word): index for word, index in result.get_vocab().items()}
    result.backend_tokenizer.model = tokenizers.models.WordPiece(words, unk_token="[UNK]")
    return result


def logit_score_folder(name, model, config, true_id, false_id=None, dtype=torch.float32, bare=False, **more):
    """Registers a CrossEncoder of a language model: the logit of one word less that of another."""

    def make(path):
        base = path.parent / "base"
        made_model = getattr(transformers, f"{model}ForCausalLM")(
            getattr(transformers, f"{config or model}Config")(**DECODER_SIZES | more))
        randomize(made_model.named_parameters())
        made_model.to(dtype).save_pretrained(base)
        yes_no_tokenizer().save_pretrained(base)
        if bare:
            shutil.copytree(base, path)
        else:
            modules = [st.Transformer(str(base), transformer_task="text-generation", model_kwargs={"dtype": dtype}),
                       LogitScore(true_id, false_id)]
            CrossEncoder(modules=modules, device="cpu").save(str(path), create_model_card=False)
        cross_encoder = CrossEncoder(str(path), device="cpu", model_kwargs={"dtype": torch.float32}).eval()
        assert (cross_encoder[1].true_token_id, cross_encoder[1].false_token_id) == (true_id, false_id)
        inner = cross_encoder[0].auto_model

        def run(given=None):
            """Left padding, as the library has it."""
            ids, mask = ids_and_mask(LENGTHS, left=True)
            with states_taken(inner, "model.norm", given) as seen:
                scores, probabilities = scores_of(cross_encoder, cross_encoder.activation_fn, input_ids=ids,
                                                  attention_mask=mask)
            return seen[0].float().clone(), mask, scores, probabilities

        states, mask, scores, probabilities = run()
        pairs = cross_encoder.preprocess(PAIRS)
        predicted = cross_encoder.predict(PAIRS, convert_to_tensor=True).reshape(len(PAIRS), -1)
        torch.testing.assert_close(predicted, scores_of(cross_encoder, cross_encoder.activation_fn, **pairs)[1])
        rounded = states.to(torch.bfloat16)
        right, right_mask = moved(states, mask, to_left=True), moved(mask, mask, to_left=True)
        tensors = {
            "left.hidden_states": states, "left.attention_mask": mask, "left.expected": scores,
            "left.probabilities": probabilities, "right.hidden_states": right, "right.attention_mask": right_mask,
            "right.expected": scores, "right.probabilities": probabilities,
            "bf16.hidden_states": rounded, "bf16.attention_mask": mask, "bf16.expected": run(rounded.float())[2],
        }
        cross_encoder.to(torch.bfloat16)
        tensors["bf16.own"] = run(rounded)[2]
        words = {"true_token_id": true_id} | ({} if false_id is None else {"false_token_id": false_id}) if bare else {}
        tied = made_model.config.tie_word_embeddings
        target = keep(path, name, lambda key: key == ("model.embed_tokens.weight" if tied else "lm_head.weight"))
        save_golden(target, tensors, "sequence_classifier", SENTENCE_TRANSFORMERS, cross_encoder="true", **words)

    named(name, make)


DECODER_SIZES = {"vocab_size": VOCAB, "hidden_size": HIDDEN, "num_hidden_layers": 1, "num_attention_heads": 2,
                 "num_key_value_heads": 1, "head_dim": 12, "intermediate_size": 32, "max_position_embeddings": 32,
                 "pad_token_id": PAD, "bos_token_id": CLS, "eos_token_id": SEP}
logit_score_folder("cross_encoder_logit_score_qwen3", "Qwen3", None, 20, 21)
logit_score_folder("cross_encoder_logit_score_qwen3_tied", "Qwen3", None, 20, 21, tie_word_embeddings=True)
logit_score_folder("cross_encoder_logit_score_qwen2", "Qwen2", None, VOCAB - 1, 0, tie_word_embeddings=True)
logit_score_folder("cross_encoder_logit_score_one_word", "Qwen3", None, 33)
logit_score_folder("cross_encoder_logit_score_bfloat16", "Qwen3", None, 20, 21, dtype=torch.bfloat16)
logit_score_folder("cross_encoder_logit_score_float16", "Llama", None, 7, 8, dtype=torch.float16)
logit_score_folder("cross_encoder_logit_score_bare", "Qwen3", None, 20, 21, bare=True)
logit_score_folder("cross_encoder_logit_score_llama", "Llama", None, 20, 21)
logit_score_folder("cross_encoder_logit_score_mistral", "Mistral", None, 20, 21)
logit_score_folder("cross_encoder_logit_score_phi3", "Phi3", None, 20, 21)
logit_score_folder("cross_encoder_logit_score_smollm3", "SmolLM3", None, 20, 21)
logit_score_folder("cross_encoder_logit_score_gemma", "Gemma", None, 20, 21)
logit_score_folder("cross_encoder_logit_score_gemma3", "Gemma3", "Gemma3Text", 20, 21)


# --------------------------------------------------------------------------------------------------------------- routers


def save_router(path, routes, behind=(), model=SentenceTransformer, change=None, model_arguments=None, **arguments):
    router = Router({name: modules(path) for name, modules in routes.items()}, **arguments)
    for name, module in router.named_modules():
        if isinstance(module, (st.Dense, SparseStaticEmbedding)):
            randomize(module.named_parameters())
    model(modules=[router, *(module() for module in behind)], device="cpu", **(model_arguments or {})).save(
        str(path), create_model_card=False)
    if change:
        change(path)
    return model(str(path), device="cpu", model_kwargs={"dtype": torch.float32}).eval()


def router_folder(name, routes, route=None, task=None, dtype=torch.float32, model=SentenceTransformer, **arguments):
    """Registers a folder of several routes, of which one begins with an encoder: what the library makes of `task`."""

    def make(path):
        loaded = save_router(path, routes, model=model, **arguments)
        chosen = loaded[0]._resolve_route(task=task, modality="text")
        modules = [*loaded[0].sub_modules[chosen], *list(loaded)[1:]]
        tensors = {}
        for side in ["left", "right"]:
            ids, mask = ids_and_mask(LENGTHS, left=side == "left")
            with torch.inference_mode():
                states = modules[0]({"input_ids": ids, "attention_mask": mask})["token_embeddings"].clone()
                vectors = loaded({"input_ids": ids, "attention_mask": mask}, task=task, modality="text")
            tensors[f"{side}.hidden_states"], tensors[f"{side}.attention_mask"] = states, mask
            tensors[f"{side}.expected"] = vectors["sentence_embedding"].clone()
            torch.testing.assert_close(tensors[f"{side}.expected"], run_modules(modules[1:], states, mask))
        rounded = states.to(torch.bfloat16)
        tensors["bf16.hidden_states"], tensors["bf16.attention_mask"] = rounded, mask
        tensors["bf16.expected"] = run_modules(modules[1:], rounded.float(), mask)
        for module in modules[1:]:
            module.to(torch.bfloat16)
        tensors["bf16.own"] = run_modules(modules[1:], rounded, mask).float()
        metadata = {"route": route} if route else {}
        save_golden(keep(path, name, lambda key: False), tensors, "sentence_transformer", SENTENCE_TRANSFORMERS, **metadata)

    named(name, make)


def sparse_static_folder(name, route="query", dtype=torch.float32, max_active_dims=None, routes=None, **arguments):
    """Registers a folder whose queries are made without an encoder: what the library makes of their ids."""

    def make(path):
        loaded = save_router(path, routes or INFERENCE_FREE, model=SparseEncoder,
                             model_arguments={"max_active_dims": max_active_dims}, change=in_dtype(dtype), **arguments)
        tensors = {}
        for side in ["left", "right"]:
            ids, mask = ids_and_mask(LENGTHS, left=side == "left", first=None, last=None)
            ids[1, 3] = ids[1, 2]  # A word that is there twice counts once.
            with torch.inference_mode():
                vectors = loaded({"input_ids": ids, "attention_mask": mask}, task=route)["sentence_embedding"].clone()
            if max_active_dims:
                vectors = select_max_active_dims(vectors, max_active_dims)
            tensors[f"{side}.input_ids"], tensors[f"{side}.attention_mask"] = ids, mask
            tensors[f"{side}.expected"] = vectors
        metadata = {"route": route} if route else {}
        save_golden(keep(path, name, lambda key: False), tensors, "of_ids", SENTENCE_TRANSFORMERS, **metadata)

    named(name, make)


def in_dtype(dtype):
    def change(path):
        file = path / "query_0_SparseStaticEmbedding" / "model.safetensors"
        save_tensors({key: value.to(dtype) for key, value in load_file(file).items()}, file, {"format": "pt"})

    return change


def encoder_of_words(path):
    return encoder(path, transformers.BertForMaskedLM, transformer_task="fill-mask")


INFERENCE_FREE = {
    "query": lambda path: [SparseStaticEmbedding(tokenizer(), frozen=True)],
    "document": lambda path: [encoder_of_words(path), SpladePooling(activation_function="log1p_relu")],
}
ASYMMETRIC = {
    "query": lambda path: [encoder(path), pooling("mean"), dense(16)],
    "document": lambda path: [encoder(path), pooling("cls"), dense(16, bias=False)],
}
router_folder("st_router_splade", INFERENCE_FREE, model=SparseEncoder, default_route="document")
router_folder("st_router_dense_query", ASYMMETRIC, "query", "query", behind=[st.Normalize])
router_folder("st_router_dense_document", ASYMMETRIC, "document", "document", behind=[st.Normalize])
router_folder("st_router_first", ASYMMETRIC, behind=[st.Normalize])
# A task that is no route's name; a modality that comes before the default; and one for all.
MAPPED = {"small": ASYMMETRIC["query"], "large": ASYMMETRIC["document"]}
router_folder("st_router_mapped_task", MAPPED, "query", "query", default_route="large",
              route_mappings={("document", "text"): "large", ("query", None): "small"})
router_folder("st_router_mapped_both", MAPPED, "query", "query", default_route="small",
              route_mappings={("query", None): "small", ("query", "text"): "large"})
router_folder("st_router_mapped_text", MAPPED, default_route="large",
              route_mappings={(None, ("image", "text")): "large", (None, "text"): "small"})
router_folder("st_router_text", {"image": ASYMMETRIC["query"], "text": ASYMMETRIC["document"]}, default_route="image")


def asym_of_3(path):
    """Asym, as versions before 5.0 wrote it: no default, so that the first is taken."""
    config = read_json(path / "router_config.json")
    config["parameters"] = {"allow_empty_key": True}
    config["types"] = {key: "sentence_transformers.models." + value.rpartition(".")[2]
                       for key, value in config["types"].items()}
    write_json(path / "config.json", config)
    (path / "router_config.json").unlink()
    modules = read_json(path / "modules.json")
    modules[0]["type"] = "sentence_transformers.models.Asym"
    write_json(path / "modules.json", modules)


router_folder("st_router_asym", {"b": ASYMMETRIC["document"], "a": ASYMMETRIC["query"]}, change=asym_of_3)
sparse_static_folder("st_sparse_static_query")
sparse_static_folder("st_sparse_static_bfloat16", dtype=torch.bfloat16)
sparse_static_folder("st_sparse_static_active", max_active_dims=3)
sparse_static_folder("st_sparse_static_default", route=None, default_route="query")


# ---------------------------------------------------------------------------------------------- BGE-M3's lexical weights


@folder
def bge_m3_sparse(path):
    """FlagEmbedding's sparse head of a small XLM-R. Its package imports rerankers that Transformers 5 has no place for."""
    sys.modules["FlagEmbedding.inference"] = types.ModuleType("FlagEmbedding.inference")
    from FlagEmbedding.finetune.embedder.encoder_only.m3.modeling import EncoderOnlyEmbedderM3ModelForInference

    config = transformers.XLMRobertaConfig(
        vocab_size=VOCAB, hidden_size=HIDDEN, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=32, initializer_range=0.4, pad_token_id=PAD)
    parts = {"model": transformers.XLMRobertaModel(config), "colbert_linear": torch.nn.Linear(HIDDEN, HIDDEN),
             "sparse_linear": torch.nn.Linear(HIDDEN, 1)}
    randomize(parts["sparse_linear"].named_parameters())
    words = tokenizer()
    words.add_special_tokens({"eos_token": "[SEP]"})
    model = EncoderOnlyEmbedderM3ModelForInference(parts, tokenizer=words).eval()
    parts["model"].save_pretrained(path)
    target = keep(path, "bge_m3_sparse", lambda key: False)
    save_tensors(model.sparse_linear.state_dict(), target / "sparse_linear.safetensors")

    @torch.inference_mode()
    def run(ids, mask, given=None):
        with states_taken(model.model, "encoder", given) as seen:
            vectors = model({"input_ids": ids, "attention_mask": mask}, return_sparse=True,
                            return_sparse_embedding=True)["sparse_vecs"].float().clone()
        return seen[0].clone(), vectors

    tensors = {"unused_ids": torch.tensor([PAD, UNK, CLS, SEP])}
    for side in ["left", "right"]:
        ids, mask = ids_and_mask(LENGTHS, left=side == "left")
        ids[1, 3] = ids[1, 5]  # A word that is there twice has the larger weight.
        states, vectors = run(ids, mask)
        tensors |= {f"{side}.input_ids": ids, f"{side}.attention_mask": mask, f"{side}.hidden_states": states,
                    f"{side}.expected": vectors}
    rounded = states.to(torch.bfloat16)
    tensors |= {"bf16.input_ids": ids, "bf16.attention_mask": mask, "bf16.hidden_states": rounded,
                "bf16.expected": run(ids, mask, rounded.float())[1]}
    model.to(torch.bfloat16)
    tensors["bf16.own"] = run(ids, mask, rounded)[1]
    save_golden(target, tensors, "bge_m3", f"FlagEmbedding {importlib.metadata.version('FlagEmbedding')}")


# ----------------------------------------------------------------------------------------------------- late interaction

RETRIEVER_TEXT = {
    "vocab_size": VOCAB, "hidden_size": HIDDEN, "num_hidden_layers": 1, "num_attention_heads": 2,
    "num_key_value_heads": 1, "intermediate_size": 32, "max_position_embeddings": 64}
RETRIEVER_IMAGE = {
    "model_type": "siglip_vision_model", "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
    "intermediate_size": 16, "image_size": 28, "patch_size": 14}


def retriever_folder(name, model, config, place="vlm"):
    """A ...ForRetrieval of Transformers, whose encoder at `place` gives the hidden states; its texts alone are run."""

    def make(path):
        whole = model(config())
        randomize((key, value) for key, value in whole.named_parameters() if not key.startswith(place + "."))
        whole.save_pretrained(path)
        whole = model.from_pretrained(path, dtype=torch.float32).eval()
        input_ids, mask = ids_and_mask(LENGTHS)

        @torch.inference_mode()
        def run(given=None):
            with states_taken(whole, place, given) as seen:
                vectors = whole(input_ids=input_ids, attention_mask=mask).embeddings
            return seen[0].clone(), vectors.clone()

        states, vectors = run()
        rounded = states.to(torch.bfloat16)
        tensors = {
            "right.hidden_states": states, "right.attention_mask": mask, "right.expected": vectors,
            "left.hidden_states": moved(states, mask), "left.attention_mask": moved(mask, mask),
            "left.expected": moved(vectors, mask),
            "bf16.hidden_states": rounded, "bf16.attention_mask": mask, "bf16.expected": run(rounded.float())[1],
        }
        whole.to(torch.bfloat16)
        tensors["bf16.own"] = run(rounded)[1].float()
        target = keep(path, name, lambda key: not key.startswith(place + "."))
        save_golden(target, tensors, "multi_vector_encoder", TRANSFORMERS)

    named(name, make)


retriever_folder("mv_colpali", transformers.ColPaliForRetrieval, lambda: transformers.ColPaliConfig(
    embedding_dim=16, vlm_config={
    "model_type": "paligemma", "hidden_size": HIDDEN, "projection_dim": HIDDEN, "image_token_id": VOCAB - 1,
    "text_config": {"model_type": "gemma", "head_dim": 12} | RETRIEVER_TEXT, "vision_config": RETRIEVER_IMAGE}))
retriever_folder("mv_colqwen2", transformers.ColQwen2ForRetrieval, lambda: transformers.ColQwen2Config(
    embedding_dim=16, vlm_config={
    "model_type": "qwen2_vl", "image_token_id": 38, "video_token_id": 37, "vision_start_token_id": 36,
    "vision_end_token_id": 35,
    "text_config": {"model_type": "qwen2_vl_text", "rope_parameters": {
        "rope_type": "default", "mrope_section": [2, 2, 2], "rope_theta": 10000.0}} | RETRIEVER_TEXT,
    "vision_config": {"depth": 1, "embed_dim": 16, "hidden_size": HIDDEN, "num_heads": 2, "mlp_ratio": 2,
                      "patch_size": 14}}))
retriever_folder("mv_colmodernvbert", transformers.ColModernVBertForRetrieval, lambda: transformers.ColModernVBertConfig(
    embedding_dim=16, vlm_config={
    "model_type": "modernvbert", "image_token_id": VOCAB - 1, "vision_config": RETRIEVER_IMAGE,
    "text_config": {"model_type": "modernbert", "pad_token_id": PAD, "bos_token_id": CLS, "eos_token_id": SEP,
                    "cls_token_id": CLS, "sep_token_id": SEP} | RETRIEVER_TEXT}))
retriever_folder("mv_neomme", transformers.NeoMMEForRetrieval, lambda: transformers.NeoMMEConfig(**RETRIEVER_TEXT | {
    "num_hidden_layers": 2, "layer_types": ["sliding_attention", "full_attention"], "head_dim": 16,
    "embedding_dim": 16, "embedding_rank": 8, "patch_size": 2, "pad_token_id": PAD}), place="model")


# --------------------------------------------------------------------------------------- tables without an encoder

# An unknown word, one alone, and no word at all. "zz" is unknown.
TEXTS = ["w5 w9 w9", "w6 zz w7 w30 w8 w39 w12", "w11", "", "zz w21 w22 zz w5", "zz"]
MODEL2VEC = f"model2vec {model2vec.__version__}"


def static_ids():
    """The ids [texts, seq] that the library's tokenizer gives, without special tokens: padding is no word's id."""
    rows = [encoding.ids for encoding in tokenizer()._tokenizer.encode_batch(TEXTS, add_special_tokens=False)]
    seq = max(map(len, rows))
    tensors = {}
    for side in ["right", "left"]:
        ids = torch.full((len(rows), seq), VOCAB if side == "right" else -1)
        mask = torch.zeros(len(rows), seq, dtype=torch.int64)
        for row, tokens in enumerate(rows):
            where = slice(0, len(tokens)) if side == "right" else slice(seq - len(tokens), seq)
            ids[row, where], mask[row, where] = torch.tensor(tokens, dtype=torch.int64), 1
        tensors[f"{side}.input_ids"], tensors[f"{side}.attention_mask"] = ids, mask
    return tensors


def by_sentence_transformers(path, tensors):
    """What it makes of all tokens, in float32 and in the table's own type."""
    model = SentenceTransformer(str(path), device="cpu").eval()
    own = model.encode(TEXTS, convert_to_tensor=True).clone()
    if own.dtype != torch.float32:
        tensors["right.own"] = own.float()
    expected = model.float().encode(TEXTS, convert_to_tensor=True).clone()
    for side in ["right", "left"]:
        tensors[f"{side}.expected"] = expected


def by_model2vec(path, tensors, sides):
    """The same of model2vec, which leaves the unknown token out."""
    model = model2vec.StaticModel.from_pretrained(path)
    own = model.encode(TEXTS)
    model.embedding = model.embedding.astype(np.float32)
    expected = torch.from_numpy(model.encode(TEXTS))
    for side in sides:
        from_side = "right" if side == "holes" else side
        ids, mask = tensors[f"{from_side}.input_ids"], tensors[f"{from_side}.attention_mask"]
        tensors[f"{side}.attention_mask"] = mask * (ids != UNK)
        tensors[f"{side}.expected"] = expected
        if own.dtype != np.float32:
            tensors[f"{side}.own"] = torch.from_numpy(own.astype(np.float32))


def static_folder(name, after=lambda: [], dtype=torch.float32, change=None, **arguments):
    """A StaticEmbedding of sentence-transformers, and what comes behind it."""

    def make(path):
        modules = after()
        for module in modules:
            randomize(module.named_parameters())
        table = st.StaticEmbedding(tokenizer(), embedding_weights=torch.randn(VOCAB, HIDDEN).to(dtype))
        SentenceTransformer(modules=[table, *modules], device="cpu", **arguments).save(
            str(path), create_model_card=False)
        if change:
            change(path)
        tensors = static_ids()
        by_sentence_transformers(path, tensors)
        save_golden(keep(path, name, lambda key: True), tensors, "static", SENTENCE_TRANSFORMERS)

    named(name, make)


def model2vec_folder(name, normalize=True, dtype=np.float32, weights=None, clusters=None, bare=False, **config):
    """A folder of model2vec: what sentence-transformers makes of it, and in holes.* model2vec itself; of a bare one,
    which sentence-transformers does not load, model2vec alone."""

    def make(path):
        model = model2vec.StaticModel(
            np.random.default_rng(zlib.crc32(name.encode())).normal(size=(VOCAB, HIDDEN)).astype(dtype),
            tokenizer()._tokenizer, {"model_type": "model2vec", "architectures": ["StaticModel"], "apply_pca": HIDDEN},
            normalize=normalize, weights=weights, **config)
        if clusters:
            model = model2vec.model.quantize_model(model, vocabulary_quantization=clusters)
        model.save_pretrained(path)
        tensors = static_ids()
        if bare:
            (path / "modules.json").unlink()
            by_model2vec(path, tensors, ["right", "left"])
        else:
            by_sentence_transformers(path, tensors)
            by_model2vec(path, tensors, ["holes"])
        save_golden(keep(path, name, lambda key: True), tensors, "static", MODEL2VEC if bare else
                    f"{SENTENCE_TRANSFORMERS}, {MODEL2VEC}")

    named(name, make)


def of_st_3_2(path):
    """Up to 5.3 the table had a folder of its own, and its class another path."""
    (path / "0_StaticEmbedding").mkdir()
    for file in ["model.safetensors", "tokenizer.json"]:
        (path / file).rename(path / "0_StaticEmbedding" / file)
    modules = read_json(path / "modules.json")
    modules[0] |= {"path": "0_StaticEmbedding", "type": "sentence_transformers.models.StaticEmbedding"}
    write_json(path / "modules.json", modules)


static_folder("static_embedding")
static_folder("static_embedding_float16", dtype=torch.float16)
static_folder("static_embedding_bfloat16", dtype=torch.bfloat16)
static_folder("static_embedding_5_3", lambda: [st.Normalize()], change=of_st_3_2, truncate_dim=16)
static_folder("static_embedding_dense", lambda: [dense(), st.LayerNorm(16), st.Normalize()])
model2vec_folder("static_model2vec")
model2vec_folder("static_model2vec_float16", normalize=False, dtype=np.float16)
model2vec_folder("static_model2vec_float64", dtype=np.float64)
model2vec_folder("static_model2vec_weights", weights=np.linspace(0.1, 4, VOCAB))
model2vec_folder("static_model2vec_clusters", clusters=9)
model2vec_folder("static_model2vec_bare", bare=True)
model2vec_folder("static_model2vec_bare_clusters", bare=True, normalize=False, clusters=9, max_length=None,
                 weights=np.linspace(0.1, 4, VOCAB, dtype=np.float32))


# ---------------------------------------------------------------------------------------------------- images and texts


def clip_vision():
    config = {"hidden_size": 28, "intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    return transformers.CLIPVisionModelWithProjection(transformers.CLIPVisionConfig(
        image_size=8, patch_size=4, projection_dim=16, initializer_factor=10.0, layer_norm_eps=1e-3, **config))


def image_with_class(left):
    inputs, mask = square_image(left)
    return inputs, torch.cat([mask[:, :1], mask], dim=1)


transformers_folder("clip_vision", clip_vision, place="vision_model.encoder", base="vision_model",
                    heads=["vision_model.post_layernorm."], inputs=image_with_class, left="given",
                    output="image_embeds", probabilities=False)


def image_text_folder(name, make, image_place, heads, probabilities, images=square_image, dtype=torch.float32):
    """A model of both. A side has texts as other folders have them; images are the same on all but "bf16"."""

    def is_head(key):
        return key.startswith(tuple(heads)) or key in ("logit_scale", "logit_bias")

    def make_folder(path):
        model = make()
        randomize((key, value) for key, value in model.named_parameters() if is_head(key))
        model.to(dtype).save_pretrained(path)
        model = type(model).from_pretrained(path, dtype=torch.float32).eval()
        image_inputs, image_mask = images(False)

        @torch.no_grad()
        def run(left, given_images=None, given_texts=None):
            ids, mask = ids_and_mask(LENGTHS[:3], left=left, first=None)
            with states_taken(model, image_place, given_images) as seen_images, \
                    states_taken(model, "text_model.final_layer_norm", given_texts) as seen_texts:
                out = model(input_ids=ids, attention_mask=mask, **image_inputs)
            return {
                "hidden_states": seen_texts[0], "attention_mask": mask, "images": seen_images[0],
                "image_mask": image_mask, "expected": out.text_model_output.pooler_output,
                "expected_images": out.vision_model_output.pooler_output, "logits": out.logits_per_image,
                "probabilities": probabilities(out.logits_per_image),
            }

        sides = {"right": run(False), "left": run(True)}
        rounded = [sides["right"][key].to(torch.bfloat16) for key in ("images", "hidden_states")]
        sides["bf16"] = run(False, *[states.float() for states in rounded])
        sides["bf16"] |= {"images": rounded[0], "hidden_states": rounded[1]}
        for head in heads:
            model.get_submodule(head.rstrip(".")).to(torch.bfloat16)
        own = run(False, *rounded)
        sides["bf16"] |= {"own": own["expected"].float(), "own_images": own["expected_images"].float()}
        target = keep(path, name, is_head)
        save_golden(target, {f"{side}.{key}": value for side, all in sides.items() for key, value in all.items()},
                    "image_text", TRANSFORMERS)

    named(name, make_folder)


def clip_both():
    parts = {"intermediate_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2}
    return transformers.CLIPModel(transformers.CLIPConfig(
        vision_config=parts | {"hidden_size": 28, "image_size": 8, "patch_size": 4, "layer_norm_eps": 1e-3},
        text_config=parts | {"hidden_size": HIDDEN, "vocab_size": VOCAB, "max_position_embeddings": 32,
                             "pad_token_id": PAD, "bos_token_id": CLS, "eos_token_id": SEP},
        projection_dim=16, initializer_factor=10.0))


def siglip_of_two_sizes(version, **vision):
    parts = {"intermediate_size": 32, "num_hidden_layers": 1}
    config = getattr(transformers, f"{version}Config")(
        vision_config=parts | {"hidden_size": HIDDEN, "num_attention_heads": 4, "patch_size": 4} | vision,
        text_config=parts | {"hidden_size": 20, "num_attention_heads": 2, "projection_size": HIDDEN,
                             "vocab_size": VOCAB, "max_position_embeddings": 32})
    return getattr(transformers, f"{version}Model")(config)


for name, dtype in {"": torch.float32, "_bfloat16": torch.bfloat16}.items():
    image_text_folder(f"clip_model{name}", clip_both, "vision_model.encoder",
                      ["vision_model.post_layernorm.", "visual_projection.", "text_projection."],
                      lambda logits: logits.softmax(dim=1), image_with_class, dtype)
    image_text_folder(f"siglip_model{name}", lambda: siglip_of_two_sizes("Siglip", image_size=8),
                      "vision_model.post_layernorm", ["vision_model.head.", "text_model.head."], torch.sigmoid,
                      dtype=dtype)
image_text_folder("siglip2_model", lambda: siglip_of_two_sizes("Siglip2", num_patches=16),
                  "vision_model.post_layernorm", ["vision_model.head.", "text_model.head."], torch.sigmoid, patches)


def main():
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    transformers.utils.logging.disable_progress_bar()
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)  # The order of a sum, and so its last bit, may depend on the number of threads.
    words = sys.argv[1:]
    if not words:
        for path in FOLDER.iterdir():
            if path.is_dir() and not path.name.startswith(LATE):
                shutil.rmtree(path)
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
