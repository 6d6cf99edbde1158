"""Finds out how each classifier of an installed Transformers classifies, and writes that down as rows of data.

include/seqpool/model/detail/rows.hpp   a row for each class and each way in which a configuration can set it up
<task>.safetensors                      what the class itself makes of given hidden states, for each row
docs/from-a-model-folder.md             the classes that have rows and those that have none, between two markers

A new version of Transformers is one command:

    python generate.py               makes all of it again
    python generate.py Bert Wav2Vec  prints the rows of classes whose names contain one of the words, and writes nothing
    python generate.py -v Bert       says on the way what was tried

It needs

    pip install torch==2.13.0 transformers==5.24.0 safetensors==0.8.0

and nothing from the network. Two runs on one machine give the same bytes.

Of each class ending in ForSequenceClassification, ForImageClassification and so on:

1. A model is made of a small configuration with random weights. Small sizes are found by the names of keys (SMALL);
   what they do not find is in OTHERS.
2. It runs once to find the module that gives the last hidden states, and then again on states that are given to it
   instead, so that nothing depends on what the encoder happens to compute. Every layer with parameters that runs behind
   them is recorded, its weights made large enough to matter.
3. Going back from the logits, each number is explained by what came before: as an activation of a layer's output, as a
   pooling of it, or as a layer of it. This leads to the hidden states, or the class is not read.
4. Keys of the configuration are changed, one at a time: all that are true, false or a word, and those that the head's
   source looks at. A key that names an activation or an eps goes into the row's step; a key that changes the path
   becomes a guard, with a row for each of its values that can be read. The first row is that of the class's default.
5. The row is evaluated in double precision, from the files that the class saves, by the names it saves. It is kept only
   if it gives the logits of Python: of the given states, of the same rounded to bfloat16, of the encoder's own, and of
   texts padded on the left, unless the class takes the first column whatever the mask says. A text may end with the id
   of padding, so that a class that looks at ids is told apart from one that looks at the mask.
"""

import contextlib
import dataclasses
import inspect
import itertools
import json
import os
import re
import sys
import tempfile
import warnings
import zlib
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import torch
import transformers
from safetensors.torch import load_file, save
from transformers import PreTrainedConfig

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[2]
TASKS = ["SequenceClassification", "TokenClassification", "ImageClassification", "ImageClassificationWithTeacher",
         "VideoClassification", "AudioClassification", "AudioFrameClassification", "XVector"]
VOCAB, WIDTH, HEADS, LABELS, IMAGE, FRAMES = 40, 16, 2, 3, 64, 4
SEQ = 6
LENGTHS = [4, 6, 3]
FIRST_WORD = 8  # Ids below are special ones.
VERBOSE = False
ACTIVATIONS = {
    "identity": lambda x: x,
    "tanh": torch.tanh,
    "relu": torch.relu,
    "gelu": torch.nn.functional.gelu,
    "gelu_tanh": lambda x: torch.nn.functional.gelu(x, approximate="tanh"),
    "silu": torch.nn.functional.silu,
    "sigmoid": torch.sigmoid,
}
# As Transformers names them.
OF_NAME = {"linear": "identity", "tanh": "tanh", "relu": "relu", "gelu": "gelu", "gelu_python": "gelu",
           "gelu_new": "gelu_tanh", "gelu_fast": "gelu_tanh", "gelu_accurate": "gelu_tanh",
           "gelu_pytorch_tanh": "gelu_tanh", "gelu_python_tanh": "gelu_tanh", "silu": "silu", "swish": "silu",
           "sigmoid": "sigmoid"}


# These are padded on the left: they take the last column.
LEFT_PADDED = ["XLNetForSequenceClassification"]


class Unread(Exception):
    """Why a class has no row."""


# -------------------------------------------------------------------------------------------------------------- classes


def all_classes():
    """Every class of Transformers whose name ends in a task, by its name."""
    pattern = re.compile(rf"^class (\w+For(?:{'|'.join(TASKS)}))\(", re.MULTILINE)
    files = (Path(transformers.__file__).parent / "models").glob("*/modeling_*.py")
    names = {name for file in files if file.parent.name != "auto"
             for name in pattern.findall(file.read_text(encoding="utf-8"))}
    return {name: getattr(transformers, name) for name in sorted(names)}


def task_of(name):
    return name[name.rindex("For") + 3:]


# -------------------------------------------------------------------------------------------------- small configurations

# What a number of a configuration becomes, unless it is smaller; the names are whole ones.
SMALL = [(re.compile(names), value) for names, value in [
    (r"(.*_)?(head_dim|d_head|d_kv|kv_channels|attention_head_size|attention_head_dim|lora_rank)", 8),
    (r"(.*_)?(hidden_size|d_model|n_embd|dim|emb_dim|embed_dim|embedding_size|hidden_dim|d_embed|entity_emb_size|"
     r"d_latents|classifier_proj_size|adapter_attn_dim|dim_model_base|prediction_head_size|input_dim)", WIDTH),
    (r"(.*_)?(hidden_layers|n_layers?|num_layers|encoder_layers|decoder_layers|spatial_layers|temporal_layers|"
     r"pooler_layers|auxiliary_layers)", 1),
    (r"(.*_)?(attention_heads|n_heads?|num_heads|mamba_heads|key_heads|value_heads|key_value_heads|kv_heads)", HEADS),
    (r"(.*_)?(intermediate_size|ffn_dim|d_ff|n_inner|ffn_hidden_size|dff|feed_forward_size|d_inner)", 24),
    (r"(.*_)?(position_embeddings|n_positions|source_positions|target_positions|max_seq_len|max_length)", 64),
    (r"num_experts|num_local_experts|n_routed_experts", 4),
    (r"num_experts_per_tok|num_shared_experts|n_shared_experts|n_group|topk_group|top_k_experts", 1),
    (r"(.*_)?(vocab_size)", VOCAB), (r"num_mel_bins", 16), (r"num_frames|frames_per_clip", FRAMES),
    (r"num_conv_pos_embeddings", 4), (r"num_conv_pos_embedding_groups", 2), (r"image_size|input_size|crop_size", IMAGE),
    (r"max_xpath_.*", 50), (r"mm_tokens_per_image", 4), (r"index_n_heads", HEADS),
]]
# And where there is none by default.
NONE_BECOMES = {"vocab_size": VOCAB, "head_dim": 8, "num_key_value_heads": HEADS, "kv_channels": 8, "pad_token_id": 0}

# What the rules do not find: of a configuration's class, keys and values.
OTHERS = {
    "ASTConfig": {"patch_size": 16, "max_length": 64, "num_mel_bins": 32},
    "BitConfig": {"num_groups": 4},
    "BrosConfig": {"hidden_size": 64, "dim_bbox": 8},
    "CohereCompassTextConfig": {"rope_parameters": {kind: {"rope_type": "default", "rope_theta": 1e4} for kind in
                                                    ("full_attention", "sliding_attention")}},
    "DeepseekV2Config": {"num_experts_per_tok": 1},
    "DonutSwinConfig": {"window_size": 2},
    "EfficientNetConfig": {"width_coefficient": 0.25, "depth_coefficient": 1.0, "hidden_dim": 320},
    "GPTJConfig": {"rotary_dim": 4},
    "GPTNeoConfig": {"attention_types": [[["global"], 1]]},
    "LayoutLMv3Config": {"coordinate_size": 2, "shape_size": 4, "input_size": 64},
    "LiltConfig": {"hidden_size": 24},
    "MobileNetV1Config": {"depth_multiplier": 0.02, "min_depth": 8},
    "MobileNetV2Config": {"depth_multiplier": 0.02, "min_depth": 8},
    "ReformerConfig": {"axial_pos_embds_dim": [8, 8], "axial_pos_shape": [4, 8], "attn_layers": ["local"]},
    "SwinConfig": {"window_size": 2},
    "T5Config": {"decoder_start_token_id": 0},
    "TextNetConfig": {"stem_out_channels": 16},
    "WhisperConfig": {"max_source_positions": 6},
    "XmodConfig": {"default_language": "en_XX"},
    "ZambaConfig": {"layers_block_type": ["hybrid", "hybrid"], "num_hidden_layers": 2},
    "Zamba2Config": {"layers_block_type": ["hybrid"]},
}


def small_value(name, default):
    if isinstance(default, bool):
        return default
    if isinstance(default, int):
        if re.search(r"(_id|_index)$", name):
            return default if default < VOCAB else 5
        if name == "patch_size" and default >= 14:
            return IMAGE // 2
        small = next((value for names, value in SMALL if names.fullmatch(name)), default)
        return min(small, default)
    if isinstance(default, (list, tuple)) and default and all(type(x) is int for x in default):
        if re.fullmatch(r"depths?|num_block_repeats|stage_num_blocks|stage_numb_of_layers|n_attn_blocks", name):
            return [1] * len(default)
        if re.fullmatch(r".*hidden_sizes|embed_dims?|stage_.*channels|conv_dim|stem_channels", name):
            return [min(x, WIDTH) for x in default]
        if re.fullmatch(r"num_(attention_)?heads", name):
            return [min(x, HEADS) for x in default]
        if name == "patch_size" and default[-1] >= 14:
            return [*default[:-2], IMAGE // 2, IMAGE // 2]
        if name == "image_size":
            return [IMAGE] * len(default)
    return default


BASE_KEYS = {field.name for field in dataclasses.fields(PreTrainedConfig)}


def defaults(config_class):
    """The keys that a configuration's class has beyond those of all, and their values if nothing is said."""
    result = {}
    for field in dataclasses.fields(config_class):
        if field.name not in BASE_KEYS and not field.name.startswith("_"):
            has_factory = field.default_factory is not dataclasses.MISSING
            value = field.default_factory() if has_factory else field.default
            result[field.name] = None if value is dataclasses.MISSING else value
    return result


def all_defaults(cls):
    """The same of a class's configuration, its parts' by paths ("text_config.norm_eps"), and how they are annotated."""
    config_class = cls.config_class
    annotations = {field.name: str(field.type) for field in dataclasses.fields(config_class)}
    result = {key: (value, annotations[key]) for key, value in defaults(config_class).items()}
    whole = config_class()
    for name in config_class.sub_configs or {}:
        result.pop(name, None)
        part = getattr(whole, name, None)
        if isinstance(part, PreTrainedConfig):
            annotations = {field.name: str(field.type) for field in dataclasses.fields(part)}
            result |= {f"{name}.{key}": (value, annotations[key]) for key, value in defaults(type(part)).items()}
    return result


def small_config(config_class):
    values = {}
    for name, default in defaults(config_class).items():
        value = NONE_BECOMES.get(name) if default is None else small_value(name, default)
        if value != default:
            values[name] = value
        if name == "use_cache":
            values[name] = False
    if config_class.sub_configs:
        whole = config_class()
        for name in config_class.sub_configs:
            part = getattr(whole, name, None)
            if isinstance(part, PreTrainedConfig):
                values[name] = small_config(type(part)) | {"model_type": part.model_type}
    return values | OTHERS.get(config_class.__name__, {})


def make(name, cls, changes=()):
    """A model of the class, of a small configuration with some keys changed, and numbers drawn for its name."""
    values = {"num_labels": LABELS} | small_config(cls.config_class)
    for key, value in dict(changes).items():
        *path, last = key.split(".")
        part = values
        for step in path:
            part = part[step]
        part[last] = value
    config = cls.config_class(**values)
    with torch.device("meta"):
        size = sum(parameter.numel() for parameter in cls(config).parameters())
    if size > 4e6:
        raise Unread(f"too large: {size}")
    torch.manual_seed(zlib.crc32(name.encode()))
    return cls(config).eval()



# --------------------------------------------------------------------------------------------------------------- inputs


def text_inputs(config, ending, left=False, lengths=LENGTHS):
    """Ids and mask of three texts. Their last id is `ending`; if that is padding's, it also is an inner one's."""
    generator = torch.Generator().manual_seed(1)
    pad = getattr(text_config(config), "pad_token_id", None)
    pad = pad if isinstance(pad, int) and 0 <= pad < VOCAB else 0
    ids = torch.full((len(lengths), SEQ), pad)
    mask = torch.zeros(len(lengths), SEQ, dtype=torch.int64)
    for row, length in enumerate(lengths):
        tokens = torch.randint(FIRST_WORD, VOCAB, (length,), generator=generator)
        if ending == "pad":
            if row == 0:
                tokens[-1] = pad
            if row == 1:
                tokens[2] = pad
        elif isinstance(ending, int):
            tokens[-1] = ending
        where = slice(SEQ - length, SEQ) if left else slice(0, length)
        ids[row, where] = tokens
        mask[row, where] = 1
    return {"input_ids": ids, "attention_mask": mask}


def text_config(config):
    """The part that says which ids are special: the whole one, unless that has one of its own for text."""
    return config.get_text_config()


def all_inputs(name, model):
    """What the class may be given, the most telling first: pairs of the inputs and which token ends a text."""
    config, task = model.config, task_of(name)
    accepted = set(inspect.signature(model.forward).parameters)
    batch = len(LENGTHS)
    draw = torch.Generator().manual_seed(2)

    def noise(*shape):
        return torch.randn(*shape, generator=draw)

    def image(part):
        size = getattr(part, "image_size", None) or getattr(part, "input_size", None) or IMAGE
        size = list(size) if isinstance(size, (list, tuple)) else [size, size]
        channels = getattr(part, "num_channels", None) or getattr(part, "in_chans", None) or 3
        return channels, *size[-2:]

    if "Image" in task and "input_ids" not in accepted or name.startswith("Siglip2"):
        if "pixel_attention_mask" in accepted:
            patch = config.vision_config.patch_size
            shapes = torch.tensor([[2, 2], [2, 3], [1, 3]])  # as many patches as LENGTHS
            mask = (torch.arange(SEQ) < shapes.prod(dim=1, keepdim=True)).long()
            return [({"pixel_values": noise(batch, SEQ, 3 * patch * patch), "pixel_attention_mask": mask,
                      "spatial_shapes": shapes}, None)]
        return [({"pixel_values": noise(batch, *image(getattr(config, "vision_config", None) or config))}, None)]
    if "Video" in task:
        frames = getattr(config, "num_frames", None) or getattr(config, "frames_per_clip", FRAMES)
        key = "pixel_values_videos" if "pixel_values_videos" in accepted else "pixel_values"
        return [({key: noise(batch, frames, *image(config))}, None)]
    if model.main_input_name in ("input_values", "input_features"):
        if model.main_input_name == "input_features":
            if not hasattr(config, "feature_projection_input_dim"):
                return [({"input_features": noise(batch, config.num_mel_bins, 2 * config.max_source_positions)}, None)]
            features = {"input_features": noise(batch, 12, config.feature_projection_input_dim)}
            mask = torch.tensor([[1] * (2 * length) + [0] * (2 * (SEQ - length)) for length in LENGTHS])
        elif hasattr(config, "num_mel_bins"):
            return [({"input_values": noise(batch, config.max_length, config.num_mel_bins)}, None)]
        else:
            def samples(frames):
                """How many the convolutions make so many frames of."""
                for kernel, stride in zip(reversed(config.conv_kernel), reversed(config.conv_stride)):
                    frames = (frames - 1) * stride + kernel
                return frames

            scale = getattr(config, "squeeze_factor", 1)
            features = {"input_values": noise(batch, samples(SEQ * scale))}
            mask = torch.zeros(batch, samples(SEQ * scale), dtype=torch.int64)
            for row, length in enumerate(LENGTHS):
                mask[row, :samples(length * scale)] = 1
        return [(features | ({"attention_mask": mask} if "attention_mask" in accepted else {}), None)]
    if "Image" in task:  # of which each place is an id
        return [(text_inputs(config, None, lengths=[SEQ] * batch), None)]
    result = []
    eos = getattr(text_config(config), "eos_token_id", None)
    for ending in ["pad", eos if isinstance(eos, int) else 2, None]:
        for left in [False, True] if name in LEFT_PADDED else [False]:
            inputs = text_inputs(config, ending, left)
            if "attention_mask" not in accepted:
                del inputs["attention_mask"]
            if name.startswith("Vilt"):
                inputs["pixel_values"] = noise(batch, *image(config))
            if "bbox" in accepted:
                size = 4 * (config.dim_bbox // 4) if "Bros" in name else 4
                inputs["bbox"] = torch.ones(batch, SEQ, size, dtype=torch.float32 if "Bros" in name else torch.int64)
            result.append((inputs, ending))
    return result


# -------------------------------------------------------------------------------------------------------- hidden states


def first_tensor(output):
    """The hidden states among what a module gives."""
    if isinstance(output, torch.Tensor):
        return output
    if hasattr(output, "last_hidden_state"):
        return output.last_hidden_state
    if isinstance(output, (tuple, list)) and output and isinstance(output[0], torch.Tensor):
        return output[0]
    return None


def with_first_tensor(output, tensor):
    if isinstance(output, torch.Tensor):
        return tensor
    if hasattr(output, "last_hidden_state"):
        output["last_hidden_state"] = tensor
        return output
    return type(output)([tensor, *output[1:]])


def as_rows(tensor):
    """Hidden states as [batch, places, hidden]: of an image [batch, hidden, height, width]."""
    return tensor.flatten(2).transpose(1, 2) if tensor.dim() > 3 else tensor


# Other ways to hold [batch, places, hidden], and back.
FORMS = {
    "rows": (lambda x: x if x.dim() == 3 else None, lambda rows, like: rows),
    "image": (lambda x: x.flatten(2).transpose(1, 2) if x.dim() > 3 else None,
              lambda rows, like: rows.transpose(1, 2).reshape(like.shape)),
    "image, hidden last": (lambda x: x.flatten(1, -2) if x.dim() > 3 else None,
                           lambda rows, like: rows.reshape(like.shape)),
    "turned": (lambda x: x.transpose(0, 1) if x.dim() == 3 else None, lambda rows, like: rows.transpose(0, 1)),
    "hidden first": (lambda x: x.transpose(1, 2) if x.dim() == 3 else None, lambda rows, like: rows.transpose(1, 2)),
}


def close(a, b, tolerance=1e-5):
    if a.shape != b.shape:
        return False
    a, b = a.double(), b.double()
    return bool((a - b).abs().max() <= tolerance * max(b.abs().max().item(), 1e-3))


@contextlib.contextmanager
def hooks(model, after, before=None):
    """Within it, the functions are called before and after each module of the model, with its name in front."""
    handles = [module.register_forward_hook(lambda *a, name=name: after(name, *a), with_kwargs=True)
               for name, module in model.named_modules()]
    if before:
        handles += [module.register_forward_pre_hook(lambda *a, name=name: before(name, *a), with_kwargs=True)
                    for name, module in model.named_modules()]
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


@dataclasses.dataclass
class Place:
    """The module that gives the last hidden states, and in which form; and the part of the model they are said by."""
    module: str
    form: str
    base: str


def run(model, inputs):
    with torch.no_grad():
        return model(**inputs).logits


def find_places(model, inputs):
    """Where the last hidden states may be replaced: modules whose output they are, those inside first."""
    seen = []

    def see(name, module, args, kwargs, output):
        tensor = first_tensor(output)
        if tensor is not None and name:
            seen.append((name, tensor.clone(), hasattr(output, "last_hidden_state")))

    with hooks(model, see):
        run(model, inputs)
    bases = [(name, tensor) for name, tensor, is_base in seen if is_base]
    if not bases:
        raise Unread("its base gives no last_hidden_state")
    base, states = bases[-1]
    if states.dim() < 3:
        raise Unread("its base gives no hidden states of places")
    states = as_rows(states)
    places = []
    for name, tensor, _ in seen:
        for form, (rows, _) in FORMS.items():
            if (rows_of := rows(tensor)) is not None and rows_of.shape == states.shape and close(rows_of, states):
                places.append(Place(name, form, base))
    if not places:
        raise Unread("no module gives its last hidden states")
    return places, states


@dataclasses.dataclass
class Call:
    """A module with parameters that ran behind the last hidden states."""
    name: str
    module: torch.nn.Module
    given: torch.Tensor
    gave: torch.Tensor


def run_on(model, inputs, place, states, layers=None):
    """Logits and calls of the model whose last hidden states, or those of all layers, are these."""
    calls, started, base_states = [], {}, []
    injected = False

    def before(name, module, args, kwargs):
        tensors = [value for value in [*args, *kwargs.values()] if isinstance(value, torch.Tensor)]
        started[name] = tensors[0].clone() if injected and tensors else None

    def after(name, module, args, kwargs, output):
        nonlocal injected
        if name == place.module:
            injected = True
            if layers is not None:
                output["hidden_states"] = tuple(layers)
            like = first_tensor(output)
            output = with_first_tensor(output, FORMS[place.form][1](states, like).to(like.dtype).clone())
        elif started[name] is not None and list(module.parameters(recurse=False)):
            if (tensor := first_tensor(output)) is not None:
                calls.append(Call(name, module, started[name], tensor.clone()))
        if name == place.base:
            base_states.append(as_rows(output.last_hidden_state))
        return output

    with hooks(model, after, before):
        logits = run(model, inputs)
    if not (base_states and close(base_states[-1], states)):
        raise Unread("its last hidden states cannot be replaced")
    return logits, calls


def randomize(modules, name):
    """Parameters so large that each layer matters, and biases that are not zero."""
    generator = torch.Generator().manual_seed(zlib.crc32(name.encode()) + 1)
    with torch.no_grad():
        for module in modules:
            is_norm = "norm" in type(module).__name__.lower()
            for key, parameter in module.named_parameters(recurse=False):
                scale = 0.5 if parameter.dim() < 2 else 1.2 / parameter[0].numel() ** 0.5
                parameter.copy_(torch.randn(parameter.shape, generator=generator) * scale)
                if is_norm and key == "weight":
                    parameter.add_(1)


# ----------------------------------------------------------------------------------------------------------------- paths


def mean_of(x, mask):
    return (x * mask[:, :, None]).sum(dim=1) / mask.sum(dim=1, keepdim=True)


def last_kept(x, keep):
    last = (torch.arange(x.shape[1]) * keep).argmax(dim=1)
    return x[torch.arange(len(x)), last]


def first_kept(x, keep):
    return x[torch.arange(len(x)), keep.argmax(dim=1)]


def pools_of(mask, ids, pad, registers):
    """What may be taken of [batch, places, features]: by the names of Take, and in words what it has not."""
    result = {
        "cls": lambda x: first_kept(x, mask),
        "last": lambda x: last_kept(x, mask),
        "mean": lambda x: mean_of(x, mask),
    }
    if ids is not None and pad is not None and ids.shape == mask.shape:
        result["last_by_id"] = lambda x: last_kept(x, (ids != pad).long())
    rest = mask.clone()
    rest[:, 0] = 0
    if bool((rest.sum(dim=1) > 0).all()):
        result["mean_of_rest"] = lambda x: mean_of(x, rest)
        behind = rest.clone()
        behind[:, :1 + registers] = 0
        result["cls_and_rest"] = lambda x: torch.cat([x[:, 0], mean_of(x, behind)], dim=1)
    result |= {
        "the first column": lambda x: x[:, 0],
        "the last column": lambda x: x[:, -1],
        "mean of padding too": lambda x: x.mean(dim=1),
        "the second token": lambda x: x[:, 1],
        "mean of the first two tokens": lambda x: (x[:, 0] + x[:, 1]) / 2,
        "max": lambda x: x.amax(dim=1),
        "sum": lambda x: x.sum(dim=1),
    }
    return result


SAYABLE = ("each_token", "cls", "last", "last_by_id", "mean", "mean_of_rest", "cls_and_rest")


def find_source(sources, end, target, states, pools):
    """What the target is made of, among the sources before the end: which, its activation, and what is taken of it."""
    flat = target.reshape(len(states), -1) if target.numel() % len(states) == 0 else None
    for at in range(end - 1, -1, -1):
        gave = sources[at].gave
        for activation in ACTIVATIONS if at else ["identity"]:
            value = ACTIVATIONS[activation](gave)
            for form in [value, as_rows(value)]:
                if form.numel() == target.numel() and close(form.reshape(target.shape), target):
                    return at, activation, None
            rows = as_rows(value)
            if flat is None or rows.dim() != 3 or rows.shape[:2] != states.shape[:2] or rows.shape[1] < 2:
                continue
            for take, pool in pools.items():
                if close(pool(rows), flat):
                    return at, activation, take
    raise Unread("path not found behind " + (
        ", ".join(type(source.module).__name__ for source in sources[1:end][-4:]) or "its hidden states"))


def find_path(calls, logits, states, pools):
    """From the states to the logits: what is taken, and the calls with their activations, all found by numbers."""
    sources = [Call("", None, states, states), *calls]
    target, end, path, taken, taken_at = logits, len(sources), [], "each_token", 0
    while True:
        at, activation, take = find_source(sources, end, target, states, pools if taken == "each_token" else {})
        if take:
            taken, taken_at = take, at
        if at == 0:
            break
        path.append((sources[at], activation))
        target, end = sources[at].given, at
    path.reverse()
    # What is taken behind some layers may be taken before them: a token always, a mean if they are linear.
    passed = [(call, activation) for call, activation in path if sources.index(call) <= taken_at]
    if "mean" in taken and not all(is_linear(call.module) and activation == "identity" for call, activation in passed):
        raise Unread("a mean behind a layer that is not linear")
    return taken, path


def is_linear(module):
    return isinstance(module, torch.nn.Linear)


def is_norm(module):
    return type(module).__name__.endswith("LayerNorm") and hasattr(module, "weight") and module.weight is not None \
        and module.weight.dim() == 1


def eps_of(module):
    return next((getattr(module, key) for key in ("eps", "variance_epsilon") if hasattr(module, key)), None)


@dataclasses.dataclass
class Step:
    """A layer: a Linear with its activation, or a LayerNorm."""
    module: str
    is_norm: bool
    has_bias: bool
    activation: str = "identity"
    eps: float = 0
    name: str = ""  # as it is stored
    key: str = ""  # that says the activation or eps
    bias_key: str = ""  # that says whether there is a bias


@dataclasses.dataclass
class Reading:
    """What one configuration of a class was found to do."""
    take: str
    steps: list
    layers: str = ""
    guards: dict = dataclasses.field(default_factory=dict)

    def signature(self):
        return self.take, tuple((s.module, s.is_norm, s.activation) for s in self.steps), self.layers

    def biases(self):
        return [step.has_bias for step in self.steps]


def steps_of(path):
    """The layers of a path, if they are such as a row can say."""
    steps = []
    for call, activation in path:
        has_bias = getattr(call.module, "bias", None) is not None
        if is_linear(call.module):
            steps.append(Step(call.name, False, has_bias, activation))
        elif is_norm(call.module):
            if activation != "identity":
                raise Unread("an activation behind a LayerNorm")
            steps.append(Step(call.name, True, has_bias, eps=eps_of(call.module)))
        else:
            raise Unread(f"a layer of {type(call.module).__name__}")
    if len(steps) > 4:
        raise Unread(f"{len(steps)} layers")
    if not steps:
        raise Unread("no layers")
    return steps


def state_mask(model, inputs, states):
    """The mask of the hidden states: the inputs' own, or as the class makes it for frames of sound."""
    mask = inputs.get("attention_mask", inputs.get("pixel_attention_mask"))
    if mask is not None and hasattr(model, "_get_feature_vector_attention_mask"):
        return model._get_feature_vector_attention_mask(states.shape[1], mask).long()
    if mask is not None and mask.shape == states.shape[:2]:
        return mask
    return torch.ones(states.shape[:2], dtype=torch.int64)


@dataclasses.dataclass
class Sample:
    """A model that ran, and all that is known of it."""
    model: torch.nn.Module
    inputs: dict
    place: Place
    mask: torch.Tensor
    states: torch.Tensor  # that were given to it: of all layers, if it weighs them
    reading: Reading


def weighted(layers, weights):
    return (torch.softmax(weights, 0)[:, None, None, None] * layers).sum(dim=0)


def given_states(name, shape):
    return torch.randn(shape, generator=torch.Generator().manual_seed(zlib.crc32(name.encode()) + 2))


def read(name, cls, changes=()):
    """Finds out what the class does to its hidden states, of a configuration with these changes."""
    model = make(name, cls, changes)
    why = []
    for inputs, ending in all_inputs(name, model):
        try:
            sample = read_with(name, model, inputs)
            if why and not changes:
                note(f"{name}: read where texts end with {ending}, before: {why[0]}")
            return sample
        except Exception as error:
            why.append(error)
    raise most_telling(why)


def most_telling(errors):
    """The first that says what a class does, or else the first."""
    return next((error for error in errors if isinstance(error, Unread)), errors[0])


def check_take(name, take):
    """Refuses what a row cannot say."""
    if take not in SAYABLE:
        raise Unread(take)
    if (take == "each_token") != (task_of(name) in ("TokenClassification", "AudioFrameClassification")):
        raise Unread(f"{take.replace('_', ' ')} in a class for {task_of(name)}")


def read_with(name, model, inputs):
    places, own = find_places(model, inputs)
    if own.shape[1] < 2:
        raise RuntimeError("of one place every pooling is the same")
    mask = state_mask(model, inputs, own)
    pools = pools_of(mask, inputs.get("input_ids"), getattr(text_config(model.config), "pad_token_id", None),
                     getattr(model.config, "num_register_tokens", 0))
    weights, layers = getattr(model, "layer_weights", None), None
    states = given_states(name, own.shape)
    if weights is not None:
        layers = given_states(name, (len(weights), *own.shape))
        with torch.no_grad():
            weights.copy_(given_states(f"{name} weights", weights.shape))
            states = weighted(layers, weights)
        places = [Place(places[0].base, "rows", places[0].base)]
    why = []
    for place in places:
        try:
            _, calls = run_on(model, inputs, place, states, layers)
            randomize([call.module for call in calls], name)
            logits, calls = run_on(model, inputs, place, states, layers)
            take, path = find_path(calls, logits, states, pools)
            check_take(name, take)
            reading = Reading(take, steps_of(path), "" if layers is None else "layer_weights")
            return Sample(model, inputs, place, mask, states if layers is None else layers, reading)
        except Exception as error:
            why.append(error)
    raise most_telling(why)


# ---------------------------------------------------------------------------------------------------------------- guards

SKIPPED_KEYS = {"use_cache", "tie_word_embeddings"}
SIZES = re.compile(r".*(size|dim|labels|layers?|heads?|hidden|positions|channels|_id|length|d_model|n_embd)")


def source_of(cls):
    try:
        return inspect.getsource(cls)
    except (OSError, TypeError):
        return ""


def head_source(sample):
    """The code that the path may depend on: of the class, of its base, and of what runs behind the hidden states."""
    classes = [cls for cls in type(sample.model).__mro__ if re.search(r"For[A-Z]", cls.__name__)]
    base = sample.model.get_submodule(sample.place.base)
    classes += [type(base)]
    for step in sample.reading.steps:
        parts = step.module.split(".")
        classes += [type(sample.model.get_submodule(".".join(parts[:n]))) for n in range(1, len(parts))]
    classes = {cls for cls in classes if "transformers" in cls.__module__}
    return "\n".join(source_of(cls) for cls in sorted(classes, key=lambda cls: cls.__qualname__))


def other_values(key, value, annotation, mentioned, source):
    """Values to try for a key, besides the one it has."""
    if isinstance(value, bool):
        return [not value]
    if value is None and "bool" in annotation:
        return [True, False]
    names_activation = "act" in key and (value is None and "str" in annotation or isinstance(value, str))
    if names_activation or isinstance(value, str) and value in OF_NAME:
        return [other for other in ["tanh", "relu", "silu"] if other != value][:2]
    if isinstance(value, str) or value is None and "str" in annotation:
        literals = re.findall(r"'([^']*)'", annotation) if "Literal" in annotation else []
        if mentioned:
            literals += re.findall(r"""["'](\w+)["']""", "\n".join(re.findall(rf".*{key}.*", source)))
            literals += re.findall(rf"""{key[-6:]}\w* (?:==|in) [\[(]?["'](\w+)["']""", source)
        return [other for other in dict.fromkeys(literals) if other not in (value, key)]
    if type(value) is int and mentioned and not SIZES.fullmatch(key):
        return [value + 1]
    return []


def attempt(name, cls, changes):
    try:
        return read(name, cls, changes), None
    except Exception as error:
        return None, error


def as_json(value):
    return value if isinstance(value, str) else json.dumps(value)


def keys_of(cls, source):
    """The keys to try: their values if nothing is said, their annotations, and whether the source looks at them."""
    mentioned = set(re.findall(r"config(?:\.get_text_config\([^)]*\))?\.(\w+)", source))
    mentioned |= set(re.findall(r"""getattr\((?:self\.)?config, ["'](\w+)""", source))
    result = {}
    for key, (value, annotation) in all_defaults(cls).items():
        if key.split(".")[-1] not in SKIPPED_KEYS and ("." not in key or key.split(".")[-1] in mentioned):
            result[key] = (value, annotation, key.split(".")[-1] in mentioned)
    # Those that no configuration has of itself, such as a new one with a value for all that do not know it.
    for key, value in re.findall(r"""getattr\((?:self\.)?config, ["'](\w+)["'], (True|False|None)\)""", source):
        if key not in BASE_KEYS and key not in SKIPPED_KEYS:
            result.setdefault(key, ({"True": True, "False": False, "None": None}[value], "", True))
    return result


def rows_of(name, cls):
    """Every way in which the class is read: samples, the class's default first, their readings with keys and guards."""
    first = read(name, cls)
    source = head_source(first)
    guards = {}  # values by key, the class's own first
    for key, (value, annotation, mentioned) in keys_of(cls, source).items():
        others = other_values(key.split(".")[-1], value, annotation, mentioned, source)
        outcomes = [(other, *attempt(name, cls, {key: other})) for other in others]
        drives = [all(sample is not None and index < len(sample.reading.steps) and
                      sample.reading.steps[index].activation == OF_NAME.get(other) for other, sample, _ in outcomes)
                  for index in range(len(first.reading.steps))] if len(outcomes) > 1 else []
        if any(drives) and value in (None, *OF_NAME):
            for step, driven in zip(first.reading.steps, drives):
                if driven:
                    step.key = key
            continue
        read_as = {value: first.reading} | {other: sample.reading for other, sample, _ in outcomes if sample}
        if set(read_as) == {True, False} and read_as[True].signature() == read_as[False].signature():
            for index, step in enumerate(first.reading.steps):
                if read_as[True].biases()[index] and not read_as[False].biases()[index]:
                    step.bias_key = key
            continue
        matters = any(isinstance(error, Unread) if sample is None else
                      sample.reading.signature() != first.reading.signature() for _, sample, error in outcomes)
        if matters:
            guards[key] = [value] + [other for other, sample, _ in outcomes if sample is not None]
        for other, sample, error in outcomes:
            if sample is None and (mentioned or isinstance(error, Unread)):
                note(f"{name}: {key} {other}: {type(error).__name__}: {error}")
    for step in first.reading.steps:
        for key, (value, _, _) in keys_of(cls, source).items():
            if step.is_norm and isinstance(value, float) and value == step.eps:
                sample, _ = attempt(name, cls, {key: 0.0625})
                if sample and [s.eps for s in sample.reading.steps if s.module == step.module] == [0.0625]:
                    step.key = key
    result = []
    for values in itertools.product(*guards.values()):
        chosen = dict(zip(guards, values))
        changes = {key: value for key, value in chosen.items() if value != guards[key][0]}
        sample, error = (first, None) if not changes else attempt(name, cls, changes)
        if sample is None:
            note(f"{name}: {changes}: {error}")
            continue
        for step in sample.reading.steps:
            for other in first.reading.steps:
                if other.module == step.module:
                    step.key, step.bias_key = other.key, other.bias_key
        sample.reading.guards = {key: as_json(value) for key, value in chosen.items()}
        result.append(sample)
    return result


def note(text):
    if VERBOSE:
        print("NOTE", text.replace("\n", " ")[:300], file=sys.stderr)


# ----------------------------------------------------------------------------------------------------------------- files


@dataclasses.dataclass
class Row:
    """A row of rows.hpp, and what is in its golden file."""
    architecture: str
    encoder: list
    reading: Reading
    otherwise: int | None  # the class's own pad_token_id, or num_register_tokens
    golden: dict = dataclasses.field(default_factory=dict)
    run_as: str = ""


def saved(model):
    """config.json and the tensors of the class, as it saves itself."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        config = json.loads((Path(folder) / "config.json").read_text(encoding="utf-8"))
        return config, load_file(Path(folder) / "model.safetensors")


def stored_name(tensors, parameter):
    names = [name for name, tensor in tensors.items() if torch.equal(tensor, parameter)]
    if len(names) != 1 or not names[0].endswith(".weight"):
        raise Unread("its weights are stored under other names: " + " ".join(names))
    return names[0].removesuffix(".weight")


def look_up(config, key, otherwise):
    for part in key.split("."):
        if not isinstance(config, dict) or part not in config:
            return otherwise
        config = config[part]
    return config


def evaluate(row, config, tensors, states, mask, ids=None):
    """The logits by the row, in double precision, from what is stored."""
    tensors = {name: tensor.double() for name, tensor in tensors.items()}
    x, mask = states.double(), mask.double()
    if row.reading.layers:
        x = weighted(x, tensors[row.reading.layers])
    if row.reading.take != "each_token":
        pad = look_up(config.get("text_config", config), "pad_token_id", row.otherwise)
        registers = look_up(config, "num_register_tokens", row.otherwise or 0)
        x = pools_of(mask, ids, pad, registers)[row.reading.take](x)
    for step in row.reading.steps:
        has_bias = look_up(config, step.bias_key, step.has_bias) if step.bias_key else step.has_bias
        weight, bias = tensors[step.name + ".weight"], tensors[step.name + ".bias"] if has_bias else None
        if step.is_norm:
            eps = look_up(config, step.key, step.eps) if step.key else step.eps
            x = torch.nn.functional.layer_norm(x, weight.shape, weight, bias, eps)
        else:
            activation = step.activation
            if step.key:
                named = look_up(config, step.key, step)
                activation = activation if named is step else "identity" if named is None else OF_NAME[named]
            x = ACTIVATIONS[activation](torch.nn.functional.linear(x, weight, bias))
    return x


def checked(name, cls, sample):
    """The row and its golden tensors, if the row gives Python's numbers on all states that Python can be given."""
    model, reading, place = sample.model, sample.reading, sample.place
    config, tensors = saved(model)
    for step in reading.steps:
        module = model.get_submodule(step.module)
        step.name = stored_name(tensors, module.weight.detach())
        bias = tensors.get(step.name + ".bias")
        if (bias is None) != (module.bias is None) or bias is not None and not torch.equal(bias, module.bias):
            raise Unread("its bias is stored under another name")
    head = {step.name + end for step in reading.steps for end in (".weight", ".bias")} & set(tensors)
    if reading.layers:
        if not torch.equal(tensors[reading.layers], getattr(model, reading.layers)):
            raise Unread("the weights of its layers are stored under another name")
        head.add(reading.layers)
    # As they are stored, and as they are held, which is how other versions stored them.
    held = {key for key in model.state_dict() if not any(key.startswith(step.module + ".") for step in reading.steps)}
    encoder = sorted({key.split(".")[0] + "." if "." in key else key for key in (set(tensors) | held) - head})
    by_id, otherwise = reading.take == "last_by_id", None
    if by_id:
        otherwise = text_config(cls.config_class()).pad_token_id
    if reading.take == "cls_and_rest":
        otherwise = defaults(cls.config_class).get("num_register_tokens")
    row = Row(name, encoder, reading, otherwise)

    def agree(what, states, mask, inputs):
        last, layers = (states[-1], states) if reading.layers else (states, None)
        python, _ = run_on(model, inputs, place, last, layers)
        return equal(what, python, states, mask, inputs)

    def equal(what, python, states, mask, inputs):
        ours = evaluate(row, config, tensors, states, mask, inputs.get("input_ids") if by_id else None)
        if python.numel() != ours.numel() or not close(ours.reshape(python.shape), python):
            raise Unread(f"the row differs from Python on {what}")
        return python.reshape(ours.shape)

    expected = agree("states given to it", sample.states, sample.mask, sample.inputs)
    bf16 = agree("rounded states", sample.states.to(torch.bfloat16).float(), sample.mask, sample.inputs)
    if not reading.layers:
        _, own = find_places(model, sample.inputs)
        equal("its encoder's states", run(model, sample.inputs), own, sample.mask, sample.inputs)
    ids = sample.inputs.get("input_ids")
    if ids is not None and ids.shape == sample.mask.shape and reading.take != "cls" and name not in LEFT_PADDED:
        turned = {key: moved(sample.inputs[key], sample.mask) if key in ("input_ids", "attention_mask") else value
                  for key, value in sample.inputs.items()}
        agree("left padding", moved(sample.states, sample.mask), moved(sample.mask, sample.mask), turned)
    states, mask = sample.states, sample.mask
    if not mask[:, 0].all():
        states, mask = moved(states, mask), moved(mask, mask)
    check_keys(name, cls, row)
    row.golden = {
        "config": as_bytes(config),
        **{f"w/{key}": tensors[key] for key in head},
        "layers" if reading.layers else "states": states,
        "mask": mask,
        **({"input_ids": ids} if by_id else {}),
        "expected": expected,
        "bf16": bf16,
    }
    return row


def check_keys(name, cls, row):
    """Makes sure that the row follows the keys in its steps, each with another value."""
    for step in row.reading.steps:
        others = {step.bias_key: not step.has_bias}
        others |= {step.key: 0.0625 if step.is_norm else "relu" if step.activation != "relu" else "tanh"}
        for key, value in others.items():
            if key:
                guards = {key: json.loads(value) if value in ("true", "false", "null") else value
                          for key, value in row.reading.guards.items()}
                sample = read(name, cls, guards | {key: value})
                python, _ = run_on(sample.model, sample.inputs, sample.place, sample.states)
                ids = sample.inputs.get("input_ids") if row.reading.take == "last_by_id" else None
                ours = evaluate(row, *saved(sample.model), sample.states, sample.mask, ids)
                if not close(ours.reshape(python.shape), python):
                    raise Unread(f"the row differs from Python where {key} is {value}")


def as_bytes(config):
    return torch.tensor(list(json.dumps(config, separators=(",", ":")).encode()), dtype=torch.uint8)


def moved(tensor, mask):
    """Rows whose real tokens stand at the other end."""
    result = tensor.clone()
    for row, length in enumerate(mask.sum(dim=1).tolist()):
        padding = mask.shape[1] - length
        result[row] = torch.roll(tensor[row], padding if mask[row, 0] else -padding, dims=0)
    return result


def cpp_text(text):
    return json.dumps(str(text))


def cpp_step(step):
    value = f"{step.eps!r}" if step.is_norm else f"Activation::{step.activation}"
    rule = f"{{{cpp_text(step.key)}, {value}}}" if step.key else value
    what = f"layer_norm({cpp_text(step.name)}, {rule})" if step.is_norm else f"linear({cpp_text(step.name)}, {rule})"
    what = what.replace(", Activation::identity)", ")")
    if step.bias_key:
        return f"{what}.bias_by({cpp_text(step.bias_key)}, {json.dumps(step.has_bias)})"
    return what if step.has_bias else what + ".without_bias()"


def cpp_row(row):
    reading = row.reading
    guards = ", ".join(f"{{{cpp_text(key)}, {cpp_text(value)}}}" for key, value in reading.guards.items())
    parts = [cpp_text(row.architecture), cpp_text(" ".join(row.encoder)), f"Take::{reading.take}",
             "{" + ", ".join(map(cpp_step, reading.steps)) + "}"]
    rest = ["{{" + guards + "}}" if guards else "{}", "{}" if row.otherwise is None else str(row.otherwise),
            cpp_text(reading.layers) if reading.layers else "{}"]
    while rest and rest[-1] == "{}":
        rest.pop()
    return "    {" + ", ".join(parts + rest) + "},"


def write_header(rows):
    text = f"""// SPDX-License-Identifier: MIT
#pragma once

#include <seqpool/model/detail/row.hpp>

// Made by tests/golden/architectures/generate.py from Transformers {transformers.__version__}: do not edit.
namespace seqpool::inline SEQPOOL_ABI::model::detail {{

// clang-format off
inline constexpr Row architecture_rows[] = {{
{chr(10).join(map(cpp_row, rows))}
}};
// clang-format on

}}  // namespace seqpool::inline SEQPOOL_ABI::model::detail
"""
    (ROOT / "include/seqpool/model/detail/rows.hpp").write_text(text, encoding="utf-8")


def sorted_header(data):
    """The bytes of a safetensors file, its header's keys sorted: the library writes metadata in a varying order."""
    header_end = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:header_end]), sort_keys=True, separators=(",", ":")).encode("ascii")
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[header_end:]


def write_golden(rows):
    metadata = {"library": f"transformers {transformers.__version__}", "torch": torch.__version__.split("+")[0]}
    for task in TASKS:
        tensors, counts = {}, {}
        for row in rows:
            if task_of(row.architecture) == task:
                index = counts[row.architecture] = counts.get(row.architecture, -1) + 1
                tensors |= {f"{row.architecture}/{index}/{key}": value.detach().contiguous().clone()
                            for key, value in row.golden.items()}
        path = FOLDER / f"{task}.safetensors"
        path.unlink(missing_ok=True)
        if tensors:
            path.write_bytes(sorted_header(save(tensors, metadata=metadata)))


# Classes that are in no release of Transformers but come with the model, and have the head of one that is: it, and
# what its tensors' names begin with, in its own and in theirs.
OWN_CODE = {
    "JinaBertForSequenceClassification": ("BertForSequenceClassification", "", ""),
    "JinaBertForTokenClassification": ("BertForTokenClassification", "", ""),
    "NewForSequenceClassification": ("GteForSequenceClassification", "gte.", "new."),
    "NewForTokenClassification": ("GteForTokenClassification", "gte.", "new."),
}


def renamed(row, name, old, new):
    """The row of a class whose head is the same, but for names."""
    def other(text):
        return new + text.removeprefix(old) if old and text.startswith(old) else text

    steps = [dataclasses.replace(step, name=other(step.name)) for step in row.reading.steps]
    golden = {"w/" + other(key[2:]) if key.startswith("w/") else key: value for key, value in row.golden.items()}
    config = json.loads(bytes(golden["config"].tolist())) | {"architectures": [name]}
    golden["config"] = as_bytes(config)
    return Row(name, [other(prefix) for prefix in row.encoder], dataclasses.replace(row.reading, steps=steps),
               row.otherwise, golden, row.architecture)


def scan(classes):
    """The rows of the classes, and why the others have none."""
    rows, unread = [], {}
    for name, cls in classes.items():
        mine = []
        try:
            for sample in rows_of(name, cls):
                try:
                    mine.append(checked(name, cls, sample))
                except Unread as error:
                    if not mine:  # the class's default
                        raise
                    note(f"{name} {sample.reading.guards}: {error}")
        except Exception as error:
            unread[name] = f"{'' if isinstance(error, Unread) else type(error).__name__ + ': '}{error}".split("\n")[0]
        rows += mine
        note(f"{name}: {unread.get(name, len(mine))}")
    for name, (same, old, new) in OWN_CODE.items():
        rows += [renamed(row, name, old, new) for row in rows if row.architecture == same]
    return sorted(rows, key=lambda row: row.architecture), unread


# ------------------------------------------------------------------------------------------------------------------ page

# Why a class is not read, where what the scan says of it is not what a user asks.
REASONS = {
    "ASTForAudioClassification": "the mean of two tokens",
    "BrosSpadeEEForTokenClassification": "two classifiers",
    "BrosSpadeELForTokenClassification": "scores of pairs of tokens",
    "CanineForSequenceClassification": "takes a shortened sequence inside its encoder, not the last hidden states",
    "CvtForImageClassification": "its cls token is not among the last hidden states",
    "Data2VecAudioForXVector": "TDNN layers, then mean and standard deviation",
    "DeiTForImageClassificationWithTeacher": "two tokens with a classifier each",
    "DinatForImageClassification": "was not run: needs natten",
    "EuroBertForSequenceClassification": "its default, `classifier_pooling` \"late\", is a mean behind an activation",
    "LayoutLMv2ForSequenceClassification": "was not run: needs detectron2",
    "LayoutLMv2ForTokenClassification": "was not run: needs detectron2",
    "LevitForImageClassification": "BatchNorm",
    "LevitForImageClassificationWithTeacher": "two classifiers, each behind BatchNorm",
    "Nemotron3DiarizationForAudioFrameClassification": "runs its encoder chunk by chunk, beside a cache of speakers",
    "PPLCNetForImageClassification": "a convolution behind the mean",
    "PerceiverForSequenceClassification": "a decoder with attention",
    "PoolFormerForImageClassification": "GroupNorm",
    "ShieldGemma2ForImageClassification": "the logits of two words of a language model",
    "SwiftFormerForImageClassification": "two classifiers behind BatchNorm",
    "T5Gemma2ForSequenceClassification": "the decoder's token behind the last one",
    "T5GemmaForSequenceClassification": "the decoder's token behind the last one",
    "TimmWrapperForImageClassification": "the model and its head are timm's",
    "UniSpeechSatForXVector": "TDNN layers, then mean and standard deviation",
    "VJEPA2ForVideoClassification": "an attention pooling with layers of its own",
    "VideoPrismForVideoClassification": "an attention pooling with layers of its own",
    "ViltForTokenClassification": "its hidden states are of a text and an image, its logits of the text",
    "Wav2Vec2BertForXVector": "TDNN layers, then mean and standard deviation",
    "Wav2Vec2ConformerForXVector": "TDNN layers, then mean and standard deviation",
    "Wav2Vec2ForXVector": "TDNN layers, then mean and standard deviation",
    "WavLMForXVector": "TDNN layers, then mean and standard deviation",
}
WORDS = {
    "each_token": "each token", "cls": "cls", "last": "last", "last_by_id": "last by id", "mean": "mean",
    "mean_of_rest": "mean of all but the first", "cls_and_rest": "cls beside the mean of the rest",
}
PAGE = ROOT / "docs/from-a-model-folder.md"
BEGIN, END = "<!-- architectures: begin -->", "<!-- architectures: end -->"


def layers_in_words(reading):
    words = []
    for step in reading.steps:
        if step.is_norm:
            words.append("LayerNorm")
        elif step.key:
            words.append(f"Dense by `{step.key.split('.')[-1]}`")
        else:
            words.append("Linear" if step.activation == "identity" else f"Dense {step.activation}")
    return ", ".join(words)


def guards_in_words(readings):
    """What a configuration must say for one of these."""
    values = {}
    for reading in readings:
        for key, value in reading.guards.items():
            if key != "use_weighted_layer_sum" and value not in values.setdefault(key, []):
                values[key].append(value)
    return ", ".join(f"`{key}` {' or '.join(some)}" for key, some in values.items())


def table(head, rows):
    return "\n".join(["| " + " | ".join(row) + " |" for row in [head, ["---"] * len(head), *rows]])


def write_page(classes, rows, unread):
    if untrue := sorted(set(REASONS) - set(unread)):
        sys.exit(f"These are read, or are no longer there: {untrue}")
    counts, groups, reasons = [], {}, {}
    for task in TASKS:
        of_task = [name for name in classes if task_of(name) == task]
        read = len([name for name in of_task if name not in unread])
        counts.append([f"For{task}", str(len(of_task)), str(read), str(len(of_task) - read)])
    counts.append(["all", str(len(classes)), str(len(classes) - len(unread)), str(len(unread))])
    for row in rows:
        reading, task = row.reading, task_of(row.architecture)
        name = row.architecture.removesuffix("For" + task) + ("\\*" if row.run_as else "")
        key = TASKS.index(task), WORDS[reading.take], layers_in_words(reading)
        groups.setdefault(key, {}).setdefault(name, []).append(reading)
    lines = []
    for (task, take, layers), models in sorted(groups.items(), key=lambda item: (item[0][0], -len(item[1]), item[0])):
        said = [name + (f" ({guards})" if (guards := guards_in_words(readings)) else "")
                for name, readings in sorted(models.items(), key=lambda item: item[0].lower())]
        weighs = any(reading.layers for readings in models.values() for reading in readings)
        take += ", of a weighted sum of all layers where `use_weighted_layer_sum` is true" if weighs else ""
        lines.append([f"For{TASKS[task]}", take, layers, ", ".join(said)])
    for name, reason in unread.items():
        reasons.setdefault(REASONS.get(name, reason), []).append(name)
    own = sorted({row.run_as.split("For")[0] for row in rows if row.run_as})
    read = len(classes) - len(unread)
    reasons = sorted(reasons.items(), key=lambda item: (-len(item[1]), item[0]))
    text = f"""
{read} of the {len(classes)} classes of Transformers {transformers.__version__} that classify are read. [Each was run](../tests/golden/architectures/README.md)
on given hidden states, and the tests compare with its logits:

{table(["class", "all", "read", "not read"], counts)}

{table(["class", "pooling", "head", "models"], lines)}

"Last by id" is the last token whose id is not `pad_token_id`. Models with \\* come with code of their own, which Transformers
does not have. Their heads are those of {" and ".join(own)}, and were run as such.

Not read:

{table(["why", "classes"], [[reason, ", ".join(names)] for reason, names in reasons])}
"""
    page = PAGE.read_text(encoding="utf-8")
    before, rest = page.split(BEGIN)
    PAGE.write_text(before + BEGIN + "\n" + text.strip() + "\n" + END + rest.split(END)[1], encoding="utf-8")


def main():
    global VERBOSE
    transformers.logging.set_verbosity_error()
    transformers.utils.logging.disable_progress_bar()
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    words = [word for word in sys.argv[1:] if word != "-v"]
    VERBOSE = "-v" in sys.argv
    classes = all_classes()
    if words:
        rows, unread = scan({name: cls for name, cls in classes.items() if any(word in name for word in words)})
        print(*map(cpp_row, rows), *(f"{name}: {why}" for name, why in unread.items()), sep="\n")
        return
    rows, unread = scan(classes)
    write_header(rows)
    write_golden(rows)
    write_page(classes, rows, unread)


if __name__ == "__main__":
    main()
