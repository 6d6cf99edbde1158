"""Makes the model folders here: small random models, saved and run by sentence-transformers and Transformers themselves.

Needs torch 2.13.0, transformers 5.23.0, sentence-transformers 6.2.0, safetensors 0.8.0 and nothing from the network.

    python generate.py           makes every folder again
    python generate.py bert xl   makes those whose names contain one of the words

Every model is saved whole into a temporary folder, changed there to an older dialect where a folder is about one,
loaded from there by the library, and run. What is kept is the folder without its encoder, and golden.safetensors with
the hidden states of that encoder and what the library made of them. Two runs on one machine give the same bytes.
"""

import contextlib
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

import huggingface_hub
import sentence_transformers
import tokenizers
import torch
import transformers
from safetensors.torch import load_file, save
from sentence_transformers import CrossEncoder, SentenceTransformer, SparseEncoder
from sentence_transformers.sentence_transformer import modules as st
from sentence_transformers.sparse_encoder.modules import SparseAutoEncoder
from sentence_transformers.util import truncate_embeddings
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
    """The bytes of a safetensors file, with the header's keys sorted: the library writes metadata in a varying order."""
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
                           "config_sentence_transformers.json", "wordembedding_config.json"):
            (target / relative).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target / relative)
        elif len(relative.parts) > 1 and path.suffix == ".safetensors" and "WordEmbeddings" not in relative.parts[0]:
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


# ------------------------------------------------------------------------------------------------- sentence-transformers


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
    return transformers.BertConfig(
        vocab_size=VOCAB, hidden_size=HIDDEN, num_hidden_layers=1, num_attention_heads=2, intermediate_size=32,
        max_position_embeddings=32, initializer_range=0.4, **more)


def encoder(path):
    """Module 0: a BERT that the library has read back from where it was saved."""
    base = path.parent / "base"
    transformers.BertModel(bert_config()).save_pretrained(base)
    tokenizer().save_pretrained(base)
    return st.Transformer(str(base))


@torch.inference_mode()
def run_modules(modules, hidden_states, mask, truncate_dim=None, **features):
    features = {"token_embeddings": hidden_states.clone(), "attention_mask": mask.clone()} | features
    for module in modules:
        features = module(features)
    vectors = features["sentence_embedding"]
    return truncate_embeddings(vectors, truncate_dim).clone() if truncate_dim else vectors.clone()


def finish_st(path, name, lengths=LENGTHS, prompt_length=None, ids=False, holes=False, sparse=False, **metadata):
    """Loads what is in the folder by the library's own reader, runs it, and keeps it without its encoder."""
    loaded_by = SparseEncoder if sparse else SentenceTransformer
    model = loaded_by(str(path), device="cpu", trust_remote_code="trust_remote_code" in metadata).eval()
    after = list(model)[1:]
    truncate_dim = getattr(model, "truncate_dim", None)
    prompt = {"prompt_length": prompt_length} if prompt_length else {}

    def run(states, mask, input_ids):
        given = prompt | ({"input_ids": input_ids} if ids else {})
        return run_modules(after, states, mask, truncate_dim, **given)

    tensors = {}
    masks = {}
    for side in ["right", "left"]:
        input_ids, mask = ids_and_mask(lengths, left=side == "left")
        with torch.inference_mode():
            states = model[0]({"input_ids": input_ids, "attention_mask": mask})["token_embeddings"].clone()
        tensors[f"{side}.hidden_states"], tensors[f"{side}.attention_mask"] = states, mask
        tensors[f"{side}.expected"] = run(states, mask, input_ids)
        masks[side] = input_ids
        if ids:
            tensors[f"{side}.input_ids"] = input_ids
    states, mask = tensors["right.hidden_states"], tensors["right.attention_mask"]
    if holes:
        tensors["holes.attention_mask"] = with_holes(mask)  # The hidden states are right.hidden_states.
        tensors["holes.expected"] = run(states, with_holes(mask), masks["right"])
    rounded = states.to(torch.bfloat16)
    tensors["bf16.hidden_states"], tensors["bf16.attention_mask"] = rounded, mask
    tensors["bf16.expected"] = run(rounded.float(), mask, masks["right"])
    with contextlib.suppress(RuntimeError):  # Some modules cannot be bfloat16.
        for module in after:
            module.to(torch.bfloat16)
        tensors["bf16.own"] = run(rounded, mask, masks["right"]).float()
    if ids:
        tensors["bf16.input_ids"] = masks["right"]
    if truncate_dim:
        metadata["truncate_dim"] = truncate_dim
    if prompt_length:
        metadata["prompt_length"] = prompt_length
    target = keep(path, name, lambda key: False)
    save_golden(target, tensors, "sentence_transformer", SENTENCE_TRANSFORMERS, **metadata)


def st_folder(name, modules, change=None, finish=None, **model_arguments):
    """Registers a folder: `modules` makes what comes after the encoder, `change` rewrites what was saved."""

    def make(path):
        after = modules()
        for module in after:
            randomize(module.named_parameters())
        SentenceTransformer(modules=[encoder(path), *after], device="cpu", **model_arguments).save(
            str(path), create_model_card=False)
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


def remove(file):
    def change(path):
        target = path / file
        shutil.rmtree(target) if target.is_dir() else target.unlink()

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
# torch.nn.GELU(approximate="tanh") would be saved as torch.nn's GELU and read back as the exact one. This class keeps its
# name, but is read only when the caller trusts the folder: without that the library warns and takes Tanh instead.
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
    st_folder(f"st_similarity_{name}", lambda: [pooling()], similarity_fn_name=name)
st_folder("st_prompts", lambda: [pooling()], prompts={"query": "query: ", "document": "passage: "},
          default_prompt_name="document")


def main():
    logging.disable(logging.WARNING)
    warnings.simplefilter("ignore")
    transformers.utils.logging.disable_progress_bar()
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)  # The order of a sum, and so its last bit, may depend on the number of threads.
    words = sys.argv[1:]
    if not words:
        for path in FOLDER.iterdir():
            if path.is_dir():
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
