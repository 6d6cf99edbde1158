#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes what the fuzzers start from: corpus/, folders of ../golden/folders as model_folder.hpp reads them, and bad
ones; model_folder.dict, the words that the headers of seqpool::model know, and safetensors.dict; stream_corpus/,
safetensors_corpus/ and forms_corpus/.

Of a safetensors file the names, types and sizes stay. Needs Python alone: python3 tests/fuzz/make_corpus.py
"""

import json
import pathlib
import random
import re
import struct

HERE = pathlib.Path(__file__).resolve().parent
FOLDERS = HERE.parent / "golden" / "folders"
HEADERS = HERE.parent.parent / "include" / "seqpool" / "model"

# One of each way to say something.
GOLDEN = """
    both_siglip clip_model clip_text clip_vision siglip_model
    cross_encoder_one cross_encoder_three_sigmoid gliclass_rms image_siglip image_siglip2 mv_bge_m3 mv_colpali
    mv_dense_5_3 mv_neomme mv_pylate_1_2 mv_pylate_1_6_two mv_skiplist mv_stanford mv_two_layers sequence_albert sequence_bart
    sequence_bert_bfloat16 sequence_bert_float16 sequence_bert_multi_label sequence_bert_one_label
    sequence_bert_regression sequence_bert_sharded sequence_deberta_v2 sequence_distilbert sequence_electra
    sequence_gpt2 sequence_modernbert_bias sequence_modernbert_mean sequence_t5 sequence_xlnet sequence_xlnet_first
    st_bare_bert st_bare_qwen2_causal_lm st_dense_in_bfloat16 st_dense_residual st_dense_residual_projected
    st_everything st_layer_norm st_layers_5_3 st_layers_all st_legacy_several st_normalize_no_folder st_paths
    st_pooling_all st_prompts st_similarity_manhattan st_sparse_auto_encoder_normalize st_splade_5_0 st_splade_active
    st_splade_sum_log1p static_embedding_5_3 static_embedding_bfloat16 static_model2vec_bare_clusters static_model2vec_float64
    static_model2vec_weights st_truncate st_word_weights_5_3 st_word_weights_all
    token_bert token_modernbert token_qwen2 vision_siglip2
    bge_m3_sparse cross_encoder_logit_score_bare cross_encoder_logit_score_qwen3_tied
    cross_encoder_modules_behind_classifier cross_encoder_modules_ettin cross_encoder_modules_two_scores st_router_asym
    st_router_mapped_both st_router_splade st_sparse_static_active
""".split()


def tensors(path):
    data = path.read_bytes()
    header = json.loads(data[8 : 8 + struct.unpack("<Q", data[:8])[0]])
    header.pop("__metadata__", None)
    in_order = sorted(header.items(), key=lambda entry: entry[1]["data_offsets"])
    return "".join(
        f"{name} {info['dtype']} {','.join(map(str, info['shape']))} 60\n" for name, info in in_order
    )


# Attention poolings of ../golden, by the file that they are in, their prefix there, and smaller sizes.
POOLS = {
    "siglip": ("transformers", "siglip.vision_model.head."),
    "pma": ("torch", "pma."),
    "pma_norm": ("torch", "pma_norm."),
    "latent_token": ("timm", "latent_token."),
    "latent_attention": ("timm", "latent_attention."),
    "latent_avg": ("timm", "latent_avg."),
}
SMALLER = {"24": "4", "72": "12", "48": "8", "40": "5"}


def pool(file, prefix):
    lines = tensors(HERE.parent / "golden" / f"{file}.safetensors").splitlines()
    own = (line.removeprefix(prefix).split(" ") for line in lines if line.startswith(prefix))
    text = "@w model.safetensors\n"
    for name, dtype, shape, byte in own:
        text += f"{name} {dtype} {','.join(SMALLER.get(size, size) for size in shape.split(','))} {byte}\n"
    return text


# One row of each way to take tokens, and of layers, keys and guards, by task, class and number.
ROWS = [
    ("SequenceClassification", "ConvBertForSequenceClassification", 0),
    ("SequenceClassification", "Gemma3ForSequenceClassification", 0),
    ("SequenceClassification", "ModernBertForSequenceClassification", 1),
    ("SequenceClassification", "ModernVBertForSequenceClassification", 0),
    ("SequenceClassification", "Wav2Vec2ForSequenceClassification", 1),
    ("SequenceClassification", "XLMForSequenceClassification", 0),
    ("TokenClassification", "ModernBertForTokenClassification", 0),
    ("ImageClassification", "BeitForImageClassification", 0),
    ("ImageClassification", "ConvNextForImageClassification", 0),
    ("ImageClassification", "Dinov2WithRegistersForImageClassification", 0),
    ("AudioFrameClassification", "WavLMForAudioFrameClassification", 1),
]


def row(task, name, number):
    path = HERE.parent / "golden" / "architectures" / f"{task}.safetensors"
    data = path.read_bytes()
    begin = 8 + struct.unpack("<Q", data[:8])[0]
    first, last = json.loads(data[8:begin])[f"{name}/{number}/config"]["data_offsets"]
    config = json.loads(data[begin + first : begin + last])
    heads = [line for line in tensors(path).splitlines() if line.startswith(f"{name}/{number}/w/")]
    lines = "".join(line.split("/w/", 1)[1] + "\n" for line in heads)
    return f"@f config.json\n{json.dumps(config, separators=(',', ':'))}\n@w model.safetensors\n{lines}"


def golden(name):
    text = ""
    for path in sorted((FOLDERS / name).rglob("*")):
        if path.is_dir() or path.name == "golden.safetensors":
            continue
        file = path.relative_to(FOLDERS / name).as_posix()
        if path.suffix == ".safetensors":
            text += f"@w {file}\n{tensors(path)}"
        elif path.suffix in (".json", ".metadata"):
            text += f"@f {file}\n{json.dumps(json.loads(path.read_text()), separators=(',', ':'))}\n"
    return text


BERT = '@f config.json\n{"architectures":["BertForTokenClassification"],"hidden_size":3%s}\n'
HEAD = "@w model.safetensors\nclassifier.weight F32 2,3 60\nclassifier.bias F32 2 60\n"


def modules(*types):
    entries = [{"idx": i, "path": f"{i}_{t}" if i else "", "type": t} for i, t in enumerate(types)]
    return "@f modules.json\n" + json.dumps(entries, separators=(",", ":")) + "\n"


POOLING = '@f 1_Pooling/config.json\n{"embedding_dimension":3}\n'
DENSE = (
    modules("Transformer", "Pooling", "Dense") + POOLING
    + '@f 2_Dense/config.json\n{"in_features":3,"out_features":2}\n'
)
DENSE_TENSORS = "linear.weight F32 2,3 60\nlinear.bias F32 2 60\n"

STATIC = modules("sentence_transformers.models.StaticEmbedding")
MODEL2VEC = '@f config.json\n{"model_type":"model2vec","normalize":true,"max_length":null}\n@w model.safetensors\n'

BAD = {
    "table_of_no_rows": STATIC + "@w model.safetensors\nembedding.weight F32 0,3 60\n",
    "table_of_no_features": STATIC + "@w model.safetensors\nembedding.weight F32 3,0 60\n",
    "table_is_huge": STATIC + "@w model.safetensors\nembedding.weight F32 2147483648,2147483648 60\n",
    "table_of_bytes": STATIC + "@w model.safetensors\nembedding.weight I8 3,3 60\n",
    "table_in_shards": STATIC + '@f model.safetensors.index.json\n{"weight_map":{"embeddings":"a","mapping":"b"}}\n'
    + "@w a\nembeddings F16 3,3 60\n@w b\nmapping I64 3 0\n",
    "mapping_leads_out": MODEL2VEC + "embeddings F32 3,3 60\nmapping I32 3 60\n",
    "mapping_is_negative": MODEL2VEC + "embeddings F32 3,3 60\nmapping I64 3 255\n",
    "mapping_is_empty": MODEL2VEC + "embeddings F32 3,3 60\nmapping I32 0 0\n",
    "mapping_to_no_rows": MODEL2VEC + "embeddings F32 0,3 60\nmapping I32 3 0\n",
    "weights_are_others": MODEL2VEC + "embeddings BF16 3,3 60\nmapping I32 2 0\nweights F32 3 60\n",
    "weights_not_finite": MODEL2VEC + "embeddings F64 3,3 60\nweights F32 3 255\n",
    "deep_json": "@f config.json\n" + "[" * 300 + "\n",
    "many_objects": '@f modules.json\n[' + ",".join(["{}"] * 300) + "]\n",
    "brackets_in_strings": '@f config.json\n{"hidden_size":3,"a\\\\":"' + "[{" * 70 + '\\"","b":[[],[]]}\n',
    "huge_hidden": BERT.replace(":3", ":2147483648") % "" + HEAD.replace("2,3", "2,2147483648"),
    "huge_labels": BERT % ',"num_labels":1000000' + HEAD,
    "huge_labels_clip": '@f config.json\n{"architectures":["CLIPTextModelWithProjection"],"hidden_size":3,'
    '"projection_dim":2,"num_labels":1000000}\n@w model.safetensors\ntext_projection.weight F32 2,3 60\n',
    "no_labels": BERT % ',"id2label":{}' + HEAD.replace("2,3", "0,3").replace("bias F32 2", "bias F32 0"),
    "empty_sizes": BERT.replace(":3", ":2147483648") % ',"num_labels":0'
    + "@w model.safetensors\nclassifier.weight F32 0,2147483648 0\nclassifier.bias F32 0 0\n",
    "huge_layers": modules("Transformer", "WeightedLayerPooling", "Pooling")
    + '@f config.json\n{"output_hidden_states":true}\n@f 1_WeightedLayerPooling/config.json\n'
    + '{"layer_start":2147483648,"num_hidden_layers":2147483648}\n@f 2_Pooling/config.json\n{"embedding_dimension":3}\n'
    + "@w 1_WeightedLayerPooling/model.safetensors\nlayer_weights F32 1 60\n",
    "huge_vocabulary": modules("MLMTransformer", "SpladePooling")
    + '@f config.json\n{"vocab_size":2147483648}\n@f 1_SpladePooling/config.json\n{}\n',
    "huge_pooling": modules("Transformer", "Pooling") + '@f 1_Pooling/config.json\n{"embedding_dimension":2147483648}\n',
    "huge_truncate": modules("Transformer", "Pooling") + POOLING
    + '@f config_sentence_transformers.json\n{"truncate_dim":2147483648,"max_active_dims":2147483648}\n',
    "header_lies": DENSE + '@h 2_Dense/model.safetensors\n{"linear.weight":{"dtype":"F32","shape":[2,3],'
    '"data_offsets":[0,9223372036854775807]}}\n0123456789',
    "header_length_lies": DENSE + "@f 2_Dense/model.safetensors\n\xff\xff\xff\xff\xff\xff\xff\x7f{}",
    "not_finite": DENSE + "@w 2_Dense/model.safetensors\n" + DENSE_TENSORS.replace("60", "255"),
    "doubles": DENSE + "@w 2_Dense/model.safetensors\n" + DENSE_TENSORS.replace("F32", "F64"),
    "shard_elsewhere": BERT % "" + '@f model.safetensors.index.json\n{"weight_map":'
    '{"classifier.weight":"../../secret/config.json","classifier.bias":"a"}}\n',
    "path_elsewhere": '@f modules.json\n[{"path":"","type":"Transformer"},{"path":"../../secret","type":"Pooling"}]\n',
    "path_absolute": '@f modules.json\n[{"path":"","type":"Transformer"},{"path":"/","type":"Pooling"}]\n',
    "path_zero_byte": '@f modules.json\n[{"path":"","type":"Transformer"},{"path":"1\\u0000","type":"Pooling"}]\n',
    "links_out": DENSE + "@l config_sentence_transformers.json\n../../secret/config.json",
    "links_to_secrets": modules("Transformer", "Pooling") + "@l 1_Pooling\n../../secret",
    "links_to_blobs": "@l config.json\n../../blobs/config.json",
    "links_in": modules("Transformer", "Pooling") + '@f a/config.json\n{"embedding_dimension":3}\n@l 1_Pooling\na',
    "links_loop": "@l config.json\nmodules.json\n@l modules.json\nconfig.json",
    "links_to_device": "@l config.json\n/dev/zero",
    "fifo": "@p config.json\n",
    "fifo_weights": BERT % "" + "@p model.safetensors\n",
    "folder_for_file": "@d config.json\n@f modules.json/a\n",
    "file_for_folder": modules("Transformer", "Pooling") + "@f 1_Pooling\n{}\n",
    "pickle": BERT % "" + "@f pytorch_model.bin\n",
    "infinity": BERT % ',"a":[Infinity,-Infinity,NaN],"layer_norm_eps":Infinity' + HEAD
    + '@f tokenizer_config.json\n{"model_max_length":Infinity}\n',
    "infinity_for_objects": '@f config.json\n{"id2label":NaN,"architectures":[NaN],"vision_config":Infinity}\n'
    + '@f config_sentence_transformers.json\n{"prompts":Infinity}\n@f modules.json\n[Infinity]\n',
    "other_types": BERT % "" + HEAD + "bert.layer F8_E4M3 2,3 60\nbert.other F4 2,4 60\n",
    "other_types_in_head": BERT % "" + HEAD.replace("weight F32", "weight F8_E4M3"),
    "other_types_lie": BERT % "" + '@h model.safetensors\n{"classifier.weight":{"dtype":"F4","shape":[2,3],'
    '"data_offsets":[0,3]},"classifier.bias":{"dtype":"F32","shape":[2],"data_offsets":[2,10]}}\n0123456789',
    "git_lfs": "@f config.json\nversion https://git-lfs.github.com/spec/v1\n",
    "html_weights": BERT % "" + "@f model.safetensors\n<!doctype html>\n",
    "adapter": BERT % "" + "@f adapter_config.json\n{}\n" + HEAD.replace("model.s", "adapter_model.s"),
    "wrapped": BERT % "" + HEAD.replace("classifier", "_orig_mod.classifier"),
    "exported": BERT % "" + "@f onnx/model.onnx\n",
    "links_to_exported": BERT % "" + "@l onnx\n../../secret",
    "pylate": DENSE + '@f config_sentence_transformers.json\n{"model_type":"ColBERT","similarity_fn_name":"MaxSim"}\n',
    "bge_m3": '@f config.json\n{"hidden_size":3}\n@w colbert_linear.safetensors\nweight F32 2,4 60\nbias F32 2 60\n',
    "stanford": '@f config.json\n{}\n@f artifact.metadata\n{"dim":2147483648,"query_maxlen":-1,"similarity":"l2"}\n'
    + "@w model.safetensors\nlinear.weight F32 2,3 60\n",
    "splade": '@f config.json\n{"architectures":["BertForMaskedLM"],"hidden_size":3,"vocab_size":3}\n',
    "router_of_many": modules("sentence_transformers.Router").replace("0_", "")
    + '@f router_config.json\n{"types":{"a":"b"},"structure":{"' + '":[],"'.join(f"{i}\\n" for i in range(2000))
    + '":["a"]},"parameters":{"default_route":"query"}}\n',
    "empty_words": '@f config.json\n{"architectures":["Qwen3ForCausalLM"]}\n'
    + "@w model.safetensors\nlm_head.weight F32 5,0 60\n",
    "empty_ids": modules("sentence_transformers.SparseStaticEmbedding")
    + "@f config.json\n{}\n@w model.safetensors\nweight F32 0 60\n",
    "unused": BERT % "" + HEAD + "pooler.weight F32 1 60\n",
    "ghost_weights": '@f config.json\n{}\n' + modules("Transformer", "WordWeights", "Pooling")
    + '@f 1_WordWeights/config.json\n{"vocab":["a","b"],"word_weights":{"a":1e300},"unknown_word_weight":-1e39}\n'
    + '@f 2_Pooling/config.json\n{"embedding_dimension":3}\n',
}


# Saved streams as saved_stream.hpp makes them: every pooling there, of many tokens merged and pushed; and some that are
# changed where counts stand: before the row, in the row, waiting, and in the state of Mean.
POOLINGS = 15
MEAN, MAX_INDICES = 0, 13
BEFORE, ROW, WAITING, STATE = 0, 8, 16, 24


def stream(pooling, merged, pushed, more=0, *edits):
    return struct.pack("<BBBb", pooling, merged, pushed, more) + b"".join(struct.pack("<HQ", *edit) for edit in edits)


STREAMS = {
    "empty": stream(MEAN, 0, 0),
    "no_bytes": b"",
    "cut": stream(MEAN, 0, 9, -1),
    "longer": stream(MEAN, 0, 9, 8),
    "before_is_huge": stream(MEAN, 3, 9, 0, (BEFORE, 2**63 - 8)),
    "before_is_negative": stream(MEAN, 3, 9, 0, (BEFORE, 2**63)),
    "before_is_none": stream(MEAN, 3, 9, 0, (BEFORE, 0)),
    "row_is_huge": stream(MEAN, 0, 8, 0, (ROW, 2**63 - 8)),
    "row_is_no_multiple": stream(MEAN, 0, 8, 0, (ROW, 23)),
    "row_is_none": stream(MEAN, 0, 8, 0, (ROW, 0)),
    "waiting_is_huge": stream(MEAN, 0, 9, 0, (WAITING, 2**64 - 1)),
    "waiting_is_a_tile": stream(MEAN, 0, 9, 0, (WAITING, 8)),
    "state_is_larger": stream(MEAN, 3, 8, 0, (STATE, 2**61)),
    "indices_of_huge_counts": stream(MAX_INDICES, 9, 9, 0, (BEFORE, 2**62)),
} | {f"pooling_{pooling}": stream(pooling, 9, 100) for pooling in range(POOLINGS)}


# Files as safetensors.hpp makes them: every type and rank, and headers that lie.
TYPES = "F64 F32 F16 BF16 I64 I32 U8 BOOL F8_E4M3".split()
X = '{"x":{"dtype":"F32","shape":[%s],"data_offsets":[%s]}%s}\n'
FILES = {
    "empty": b"",
    "no_tensors": b"h{}",
    "metadata": b'h{"__metadata__":{"format":"pt","a":""}}',
    "all_types": b"w" + "".join(f"{t} {t} 2,3 1\n" for t in TYPES).encode(),
    "ranks": b"wa F32  60\nb F32 2 60\nc F32 1,2 60\nd F16 2,1,2 60\ne I64 1,1,1,1 3\n",
    "nan": b"wx F32 3 255\ny F16 3 255\nz BF16 3 255\n",
    "no_elements": b"wx F32 0,2147483648 0\ny BOOL 0 0\n",
    "unaligned": b'h{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"b":{"dtype":"F64","shape":[1],"data_offsets":[1,9]}}\n'
    + bytes(9),
    "no_bool": b"wx BOOL 2 7\n",
    "overlap": ("h" + X % ("2", "0,8", ',"y":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}')).encode() + bytes(12),
    "gap": ("h" + X % ("1", "4,8", "")).encode() + bytes(8),
    "too_long": ("h" + X % ("1", "0,9223372036854775807", "")).encode() + bytes(4),
    "negative": ("h" + X % ("-1", "0,4", "")).encode() + bytes(4),
    "wraps": ("h" + X % ("4294967296,4294967296", "0,0", "")).encode(),
    "twice": ("h" + X % ("1", "0,4", ',"x":{}')).encode() + bytes(4),
    "unknown_key": ("h" + (X % ("1", "0,4", "")).replace('"dtype"', '"a":1,"dtype"')).encode() + bytes(4),
    "deep": b'h{"x":{"shape":[[1]]}}',
    "length_lies": b"r\xff\xff\xff\xff\xff\xff\xff\x7f{}",
    "short": b"r\x02\0\0",
    "no_utf8": b'h{"\xff":{"dtype":"F32","shape":[],"data_offsets":[0,4]}}\n' + bytes(4),
}

# Numbers that forms.hpp gives to what may refuse them, by their kind there: lawful ones, and what is just beyond.
OFFSETS, LENGTHS, SPAN, COUNTS, MASK, RAGGED, STRIDES = range(7)
NUMBERS = [
    (OFFSETS, [0, 5, 15]), (OFFSETS, [0, 10, 5, 15]), (OFFSETS, [0, 14]), (OFFSETS, [1, 15]), (OFFSETS, []),
    (LENGTHS, [5, 0, 3]), (LENGTHS, [6, 1, 1]), (LENGTHS, [-1, 1, 1]), (LENGTHS, [1, 1]),
    (SPAN, [1, 1, 4]), (SPAN, [1, -1, 4]), (SPAN, [3, 0, 1]), (SPAN, [0, 3, 2]), (SPAN, [0, 0, 6]),
    (COUNTS, [0, 2, 9]), (COUNTS, [-1, 0, 0]), (COUNTS, [1, 1]),
    (MASK, [1, 0, 1, 1, 0]), (MASK, [1, 0, 1, 1, 2]), (MASK, [1, -1, 1, 1, 1]), (MASK, [1, 1]),
    (RAGGED, [3, 0, 15]), (RAGGED, [-1]), (STRIDES, [2, 3, 4, 12, 4]), (STRIDES, [2**62, 2, 2, 2**62, 1]),
]  # fmt: skip


def number(n):
    return bytes([n + 2]) if -2 <= n < 38 else b"\xff" + struct.pack(">q", n)


# Bytes for forms.hpp: of some, the first two choose a pooling and a form.
def forms():
    for i, (kind, numbers) in enumerate(NUMBERS):
        for of_float in (0, 1) if kind == MASK else (0,):
            data = b"".join(map(number, numbers))
            yield f"numbers_{i}_{of_float}", bytes([255, len(numbers)]) + data + bytes([kind, of_float])
    some = random.Random(1)
    for i in range(66):
        yield f"form_{i}", bytes([0, i % 6, i % 11]) + some.randbytes(some.choice([8, 40, 160]))


def fresh(folder):
    folder.mkdir(exist_ok=True)
    for old in folder.iterdir():
        if not old.name.startswith("found_"):  # by the fuzzer, and kept by hand
            old.unlink()
    return folder


def main():
    corpus = fresh(HERE / "corpus")
    streams = fresh(HERE / "stream_corpus")
    for name, data in STREAMS.items():
        (streams / name).write_bytes(data)
    files, bytes_of_forms = fresh(HERE / "safetensors_corpus"), fresh(HERE / "forms_corpus")
    for name, data in FILES.items():
        (files / name).write_bytes(data)
    for name, data in forms():
        (bytes_of_forms / name).write_bytes(data)
    for name in GOLDEN:
        (corpus / name).write_bytes(golden(name).encode("latin-1"))
    for task, name, number in ROWS:
        (corpus / f"row_{name}_{number}").write_bytes(row(task, name, number).encode("latin-1"))
    for name, (file, prefix) in POOLS.items():
        (corpus / f"pool_{name}").write_bytes(pool(file, prefix).encode("latin-1"))
    for name, text in BAD.items():
        (corpus / f"bad_{name}").write_bytes(text.encode("latin-1"))

    words = set(re.findall(r'"([A-Za-z_][\w.]+)"', "".join(path.read_text() for path in HEADERS.rglob("*.hpp"))))
    words |= {f"\\x0a@{kind} " for kind in "fwhldp"} | {f" {dtype} " for dtype in "F64 F32 F16 BF16 I64 U8 BOOL".split()}
    words |= {"2147483648", "2147483649", "9223372036854775807", "1e300", "../../secret/config.json", "../../blobs/"}
    (HERE / "model_folder.dict").write_text("".join(f'"{word}"\n' for word in sorted(words)))
    words = TYPES + "dtype shape data_offsets __metadata__ 2147483648 9223372036854775807".split()
    (HERE / "safetensors.dict").write_text("".join(f'"{word}"\n' for word in words))


if __name__ == "__main__":
    main()
