"""Writes the tables of docs/from-a-model-folder.md that say which models are read, and by which class.

    python models.py                      models that people use, and kinds of folders; needs Python 3.9 alone
    python models.py --check              writes nothing, and fails if the page says something else
    python models.py --libraries WHEEL    the classes of installed libraries

A model is "read" only if a golden folder stands for its layout, or a class of ../architectures, and those give the class
that reads it, by their `kind`. What does not fit stops the script. What libraries have is found in them, which needs

    pip install sentence-transformers==6.2.0 model2vec[train]==0.10.0
    pip download --no-deps pylate==1.6.0    # WHEEL: only read, as it needs another sentence-transformers
"""

import ast
import fnmatch
import importlib
import inspect
import json
import pkgutil
import re
import struct
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

FOLDERS = Path(__file__).resolve().parent
GOLDEN = FOLDERS.parent
ROOT = FOLDERS.parents[2]
PAGE = ROOT / "docs/from-a-model-folder.md"

# By the `kind` of a golden folder: what reads it, and the libraries whose folders it may be.
READERS = {
    "sentence_transformer": ("SentenceTransformer", {"sentence-transformers"}),
    "static": ("SentenceTransformer", {"sentence-transformers", "model2vec"}),
    "of_ids": ("SentenceTransformer", {"sentence-transformers"}),
    "bge_m3": ("bge_m3_sparse_head", {"FlagEmbedding"}),
    "multi_vector_encoder": ("MultiVectorEncoder",
                             {"sentence-transformers", "pylate", "colbert-ai", "FlagEmbedding", "transformers"}),
    "sequence_classifier": ("SequenceClassifier", {"transformers", "sentence-transformers"}),
    "token_classifier": ("TokenClassifier", {"transformers"}),
    "image_text": ("ImageTextModel", {"transformers"}),
    "gliclass": ("gliclass_pooling", {"gliclass"}),
}
SHOWN = {"pylate": "PyLate", "gliclass": "GLiClass", "transformers": "Transformers"}


# --------------------------------------------------------------------------------------------------------------- models


@dataclass
class Model:
    """A row: models whose folders have one layout, and what proves that it is read, or the reason why it is not."""
    names: str
    what: str = ""
    golden: str = ""  # folders beside this file, and classes of ../architectures
    condition: str = ""
    refused: str = ""

    def count(self):
        return len(self.names.split(", "))

    def verdict(self):
        return "refused" if self.refused else "read with a condition" if self.condition else "read"


class NotRead(str):
    """A class of Transformers, in place of the reason, which the table of these says."""


CONVERTED = "once [converted](#pickles-and-adapters)"

# By the class that reads them.
MODELS = {
    "SentenceTransformer": [
        Model("all-MiniLM-L6/L12-v2, all-mpnet-base-v2, multi-qa-MiniLM-L6-cos-v1", "mean, Normalize",
              "st_legacy_mean st_normalize"),
        Model("paraphrase-MiniLM-L6-v2, paraphrase-multilingual-MiniLM-L12-v2, paraphrase-multilingual-mpnet-base-v2",
              "mean", "st_legacy_mean"),
        Model("msmarco-distilbert-base-tas-b, msmarco-bert-base-dot-v5, multi-qa-mpnet-base-dot-v1", "cls, or mean",
              "st_legacy_cls_only st_legacy_mean"),
        Model("LaBSE", "cls, Dense tanh, Normalize. A clone of before 2024 has its Dense as a pickle, "
              "[to be converted](#pickles-and-adapters)", "st_legacy_cls_only st_dense_tanh st_normalize"),
        Model("distiluse-base-multilingual-cased-v1/v2", "mean, Dense tanh", "st_legacy_mean st_dense_tanh"),
        Model("clip-ViT-B-32-multilingual-v1", "mean, Dense", "st_legacy_mean st_dense_identity st_dense_no_bias"),
        Model("e5-base-v2, e5-small, multilingual-e5-base, multilingual-e5-large-instruct", "mean, Normalize",
              "st_legacy_mean st_normalize"),
        Model("bge-base-en-v1.5 (and the others of v1.5), bge-m3", "cls, Normalize", "st_legacy_cls_only st_normalize"),
        Model("gte-base, gte-base-en-v1.5, gte-multilingual-base, gte-modernbert-base", "mean or cls, some with Normalize",
              "st_legacy_mean st_legacy_cls_only st_normalize"),
        Model("gte-Qwen2, Qwen3-Embedding-0.6B/4B/8B", "lasttoken, Normalize", "st_legacy_lasttoken st_normalize"),
        Model("e5-mistral-7b-instruct, SFR-Embedding-Mistral, Linq-Embed-Mistral", "lasttoken, Normalize",
              "st_legacy_lasttoken st_normalize"),
        Model("EmbeddingGemma", "mean, two Dense, Normalize", "st_dense_two st_dense_no_bias st_normalize"),
        Model("nomic-embed-text-v1.5, nomic-embed-text-v2-moe",
              "mean. The layer_norm of its card, in front of a truncation, is in no file: it is up to you",
              "st_legacy_mean"),
        Model("mxbai-embed-large-v1, snowflake-arctic-embed-m, snowflake-arctic-embed-l-v2.0", "cls, some with Normalize",
              "st_legacy_cls_only st_normalize"),
        Model("granite-embedding-125m-english, granite-embedding-english-r2", "cls, some with Normalize",
              "st_legacy_cls_only st_normalize"),
        Model("jina-embeddings-v2/v3", "mean, Normalize; the encoder may come from another package",
              "st_legacy_mean st_normalize"),
        Model("stella_en_1.5B_v5, acge_text_embedding", "mean, Dense of another path, some with Normalize",
              "st_legacy_mean st_paths"),
        Model("NV-Embed-v2", "mean, Normalize", "st_legacy_mean st_normalize",
              condition="if the hidden states are those of its own NVEmbedModel, and not of the Mistral in it"),
        Model("instructor-base/large/xl", "mean, Dense without bias, Normalize",
              "st_legacy_mean st_dense_no_bias st_normalize", condition=CONVERTED),
        Model("sentence-t5, gtr-t5", "mean, Dense without bias, Normalize",
              "st_legacy_mean st_dense_no_bias st_normalize"),
        Model("mdbr-leaf-ir-asym", "a Router, each of its routes by name",
              "st_router_dense_query st_router_dense_document"),
        Model("splade-v3, splade-cocondenser-ensembledistil, opensearch-neural-sparse-encoding-v2-distill",
              "SpladePooling of logits", "st_splade_5_0 st_splade_log1p"),
        Model("opensearch-neural-sparse-encoding-doc-v1/v2/v3", "a Router: documents as above, queries by `embed_ids`",
              "st_router_splade st_sparse_static_query"),
        Model("static-retrieval-mrl-en-v1, static-similarity-mrl-multilingual-v1",
              "`embed_ids`: mean of a table's rows", "static_embedding static_embedding_5_3"),
        Model("potion-base-8M", "`embed_ids`: mean of a table's rows, Normalize", "static_model2vec static_model2vec_bare"),
        Model("splade-cocondenser (revisions without modules.json)",
              refused="a ...ForMaskedLM alone has no SpladePooling; `SparseEncoder(name).save(folder)` in Python adds it"),
        Model("jina-embeddings-v4", refused="code of its own makes the vectors, in place of a Pooling"),
        Model("Jasper-Token-Compression", refused="code of its own makes the vectors, in place of a Pooling"),
    ],
    "bge_m3_sparse_head": [
        Model("sparse_linear.pt of bge-m3", "Dense relu, then `lexical_weights`", "bge_m3_sparse", condition=CONVERTED),
    ],
    "MultiVectorEncoder": [
        Model("colbert_linear.pt of bge-m3", "Linear, Normalize", "mv_bge_m3", condition=CONVERTED),
        Model("colbertv2.0, answerai-colbert-small-v1, jina-colbert-v2", "HF_ColBERT: Linear, Normalize",
              "mv_stanford mv_stanford_xlm_roberta"),
        Model("GTE-ModernColBERT-v1, Reason-ModernColBERT, mxbai-edge-colbert-v0", "PyLate: one or two Dense, Normalize",
              "mv_pylate_1_2 mv_pylate_1_6 mv_pylate_1_6_two"),
        Model("ColPali, ColQwen2, ColModernVBERT", "...ForRetrieval of Transformers: Linear, Normalize",
              "mv_colpali mv_colqwen2 mv_colmodernvbert"),
    ],
    "SequenceClassifier": [
        Model("cross-encoder/ms-marco-MiniLM-\\*, cross-encoder/stsb-\\*, cross-encoder/nli-deberta-v3-\\*, "
              "bge-reranker-base/large/v2-m3, mxbai-rerank-v1, jina-reranker-v2, gte-reranker-modernbert-base, "
              "Qwen3-Reranker-seq-cls", "a CrossEncoder of ...ForSequenceClassification",
              "cross_encoder_4_identity cross_encoder_one sequence_roberta sequence_deberta_v2 sequence_xlm_roberta "
              "sequence_modernbert_mean sequence_qwen3"),
        Model("gte-multilingual-reranker-base, jina-reranker-v1-turbo", "the head of BERT",
              "NewForSequenceClassification JinaBertForSequenceClassification"),
        Model("cross-encoder/ettin-reranker-\\*", "a CrossEncoder of modules: cls, Dense gelu, LayerNorm, Dense",
              "cross_encoder_modules_ettin"),
        Model("Qwen3-Reranker, zerank-2, mxbai-rerank-v2, bge-reranker-v2-gemma",
              "...ForCausalLM: a row of lm_head, less another",
              "cross_encoder_logit_score_bare cross_encoder_logit_score_qwen2 cross_encoder_logit_score_qwen3 "
              "cross_encoder_logit_score_gemma",
              condition="with the ids of the words that it answers, if no LogitScore says them"),
        Model("bge-reranker-v2-minicpm-layerwise, llama-nemotron-rerank", refused="code of its own makes the scores"),
        Model("distilbert-base-uncased-finetuned-sst-2, nlptown/bert-base-multilingual-uncased-sentiment, "
              "roberta-base-go_emotions, toxic-bert, bart-large-mnli, deberta-v3-\\*-zeroshot, ModernBERT's classifiers, "
              "xlm-roberta-base-language-detection",
              "...ForSequenceClassification",
              "sequence_distilbert sequence_bert sequence_roberta sequence_bert_multi_label sequence_bart "
              "sequence_deberta_v2 sequence_modernbert_cls sequence_xlm_roberta"),
        Model("ProsusAI/finbert, twitter-roberta-base-sentiment-latest, emotion-english-distilroberta-base, finbert-tone",
              "...ForSequenceClassification", "sequence_bert sequence_roberta", condition=CONVERTED),
        Model("Skywork-Reward (of Llama/Gemma 2/Qwen3)", "the score of the last token, by `logits(x, mask, input_ids)`",
              "sequence_llama_pad_is_eos sequence_gemma2 sequence_qwen3"),
        Model("ArmoRM", refused="code of its own weighs many rewards"),
        Model("Qwen2.5-Math-RM", refused="its head is two layers, in code of its own"),
        Model("ViT, DINOv2, Swin, ConvNeXt", "...ForImageClassification",
              "ViTForImageClassification Dinov2ForImageClassification SwinForImageClassification "
              "ConvNextForImageClassification"),
        Model("CLIPVisionModelWithProjection", "cls, LayerNorm, Linear; likewise its text model alone",
              "clip_vision clip_text"),
        Model("Wav2Vec2, HuBERT, Whisper", "classifiers of sound",
              "Wav2Vec2ForSequenceClassification HubertForSequenceClassification WhisperForAudioClassification"),
        Model("AST", refused=NotRead("ASTForAudioClassification")),
        Model("x-vectors", refused=NotRead("Wav2Vec2ForXVector")),
    ],
    "TokenClassifier": [
        Model("bert-base-NER, XLM-R's NER, piiranha", "...ForTokenClassification",
              "token_bert token_xlm_roberta token_deberta_v2"),
        Model("gte-multilingual-base's sparse vectors", "a weight for each token, then relu and `lexical_weights`",
              "NewForTokenClassification", condition="if `architectures` says NewForTokenClassification"),
    ],
    "ImageTextModel": [
        Model("openai/clip-vit-\\*", "CLIPModel", "clip_model"),
        Model("SigLIP, SigLIP 2", "SiglipModel, Siglip2Model", "siglip_model siglip2_model"),
        Model("clip-ViT-B-32", "CLIPModel", "clip_model", condition="its folder `0_CLIPModel`, " + CONVERTED),
    ],
    "gliclass_pooling": [
        Model("GLiClass", "the pooling that `pooling_strategy` names", "gliclass_first gliclass_last gliclass_avg",
              condition="but its projections and scorer are up to you"),
    ],
}


# -------------------------------------------------------------------------------------------------------------- layouts


@dataclass
class Layout:
    """A row: a kind of folder and what is made of it."""
    title: str
    pooling: str
    head: str
    tensors: str
    golden: str  # patterns of what proves it, or a file of other goldens
    reader: str = ""  # where no folder says it


LAYOUTS = [
    Layout("sentence-transformers, 2.0 to 6.2", "cls, max, mean, mean_sqrt_len_tokens, weightedmean, lasttoken, or several",
           "Dense, LayerNorm, Normalize, Dropout, in any order",
           "`linear.weight`, `linear.bias`, `residual.weight`; `norm.weight`, `norm.bias`",
           "st_pooling_* st_legacy_* st_no_prompt_* st_types_* st_paths st_dense_* st_layer_norm st_normalize* st_dropout "
           "st_truncate st_everything st_similarity_* st_prompts"),
    Layout("sentence-transformers with WordWeights", "the same of weighted tokens", "the same", "`emb_layer.weight`",
           "st_word_weights_*"),
    Layout("sentence-transformers with WeightedLayerPooling", "the same of a weighted mean of layers", "the same",
           "`layer_weights`",
           "st_layers_*"),
    Layout("StaticEmbedding", "mean of a table's rows, by [`embed_ids`](#vectors-without-an-encoder)", "the same",
           "`embedding.weight`", "static_embedding*"),
    Layout("model2vec, with and without modules.json", "the same of weighted rows", "Normalize",
           "`embeddings`, `mapping`, `weights`", "static_model2vec*"),
    Layout("SparseEncoder with SpladePooling", "max or sum of log(1 + relu), or of log(1 + log(1 + relu))",
           "as sentence-transformers",
           "none", "st_splade_*"),
    Layout("SparseEncoder with SparseAutoEncoder", "as sentence-transformers", "the k largest latents",
           "`encoder.weight` or `decoder.linear.weight`, `pre_bias`, `latent_bias`", "st_sparse_auto_encoder*"),
    Layout("SparseStaticEmbedding", "each id once", "Normalize, ...", "`weight`", "st_sparse_static_*"),
    Layout("Router, of any of these", "those of the route", "those of the route, and those behind the Router",
           "those of the route", "st_router_*"),
    Layout("a bare model of Transformers", "mean; lasttoken of ...ForCausalLM", "none", "none", "st_bare_*"),
    Layout("BGE-M3's `sparse_linear.safetensors`", "each token", "Dense relu", "`weight`, `bias`", "bge_m3_sparse"),
    Layout("BGE-M3's `colbert_linear.safetensors`", "each token but the first", "Linear, Normalize", "`weight`, `bias`",
           "mv_bge_m3"),
    Layout("MultiVectorEncoder", "each token", "Dense, Normalize, in any order",
           "`linear.weight`, `linear.bias`, `residual.weight`", "mv_colbert mv_skiplist mv_two_layers mv_dense_5_3"),
    Layout("PyLate's ColBERT", "each token", "Dense, Normalize", "the same", "mv_pylate_*"),
    Layout("HF_ColBERT (Stanford)", "each token", "Linear without bias, Normalize", "`linear.weight`", "mv_stanford*"),
    Layout("ColPaliForRetrieval, ColQwen2..., ColModernVBert...", "each token", "Linear, Normalize",
           "`embedding_proj_layer`", "mv_colpali mv_colqwen2 mv_colmodernvbert"),
    Layout("NeoMMEForRetrieval", "each token", "Linear without bias, Normalize", "`multi_vector_head.proj`", "mv_neomme"),
    Layout("...ForSequenceClassification, ...ForImageClassification and others",
           "[by the class](#classifiers-of-transformers)", "by the class", "by the class",
           "sequence_* image_* *ForSequenceClassification *ForImageClassification *ForVideoClassification "
           "*ForAudioClassification"),
    Layout("...ForTokenClassification and ...ForAudioFrameClassification",
           "[each token](#classifiers-of-transformers)", "by the class", "by the class",
           "token_* *ForTokenClassification *ForAudioFrameClassification"),
    Layout("CrossEncoder, 3.x to 6.x", "its architecture's", "its architecture's; `Softmax` or any activation of a module",
           "its architecture's", "cross_encoder_3_* cross_encoder_4_* cross_encoder_one* cross_encoder_three*"),
    Layout("CrossEncoder of modules", "as sentence-transformers",
           "the same, the last a Dense that gives \"scores\"; a Dense behind a classifier or behind scores",
           "as sentence-transformers", "cross_encoder_modules_*"),
    Layout("CrossEncoder with LogitScore, of Gemma, Gemma 3, Llama, Mistral, Phi-3, Qwen2, Qwen3, SmolLM3 ...ForCausalLM",
           "last", "a row of lm_head, less another", "`lm_head`, or `model.embed_tokens` if that is tied",
           "cross_encoder_logit_score_*"),
    Layout("CLIPTextModelWithProjection", "last", "Linear without bias", "`text_projection`", "clip_text"),
    Layout("CLIPVisionModelWithProjection", "cls", "LayerNorm, Linear without bias",
           "`vision_model.post_layernorm`, `visual_projection`", "clip_vision"),
    Layout("SiglipVisionModel, SiglipModel, Siglip2...", "attention of one query in `num_attention_heads` heads",
           "projections, LayerNorm and MLP with a residual, by `hidden_act`",
           "`head.probe`, `head.attention`, `head.layernorm`, `head.mlp`", "vision_* both_*"),
    Layout("CLIPModel", "cls of images, last of texts", "as its text and vision models; e^`logit_scale` times the cosine",
           "`vision_model.post_layernorm`, `visual_projection`, `text_projection`, `logit_scale`", "clip_model*"),
    Layout("SiglipModel, Siglip2Model", "attention of one query of images, the last column of texts",
           "as SiglipVisionModel; Linear of texts; e^`logit_scale` times the cosine, and `logit_bias`",
           "`vision_model.head`, `text_model.head`, `logit_scale`, `logit_bias`", "siglip_model* siglip2_model"),
    Layout("GLiClass", "first, last, avg, max, sum, rms, abs_max or abs_avg, by `pooling_strategy`", "none", "none",
           "gliclass_*"),
    Layout("SigLIP's attention pooling in any file", "attention of one query",
           "projections, LayerNorm and MLP with a residual", "`probe`, `attention`, `layernorm`, `mlp`",
           "../transformers.safetensors", "siglip_head"),
    Layout("Set Transformer's PMA in any file", "attention of k seed vectors",
           "projections, their residuals, LayerNorm if it has them",
           "`S`, `mab.fc_q`, `mab.fc_k`, `mab.fc_v`, `mab.fc_o`, `mab.ln0`, `mab.ln1`", "../torch.safetensors",
           "set_transformer_pma"),
    Layout("timm's AttentionPoolLatent in any file", "attention of k latents",
           "projections, norm and MLP with a residual; the first latent's, their mean, or all",
           "`latent`, `q`, `kv`, `proj`, `norm`, `mlp`", "../timm.safetensors", "timm_attention_pool_latent"),
]


# ------------------------------------------------------------------------------------------------------------ libraries

# Why classes of a library that are not read are not.
TRAINS = "for training; `to_pipeline()` or `to_static_model()` gives what is saved"
POOLS_TOKENS = "merges the tokens of a document"
REFUSED_CLASSES = {
    "BoW": "counts words, of which the tokenizer alone knows the ids",
    "CLIPModel": "an encoder of images and texts: `ImageTextModel` reads its folder, `0_CLIPModel`",
    "CNN": "convolutions, which are part of the encoder",
    "LSTM": "a recurrent layer, which is part of the encoder",
    "HierarchicalTokenPooling": POOLS_TOKENS,
    "LambdaTokenPooling": POOLS_TOKENS,
    "StaticModelForClassification": TRAINS,
    "StaticModelForPairSimilarity": TRAINS,
    "StaticModelForRegression": TRAINS,
    "StaticModelForSimilarity": TRAINS,
}
# Of model2vec: what proves that it is read.
MODEL2VEC = {
    "StaticModel": "tests/golden/folders/static_model2vec_bare/golden.safetensors",
    "StaticModelPipeline": "examples/data/topics-static/head.safetensors",
}
NOTES = {"StaticModelPipeline": "StaticModelPipeline (its head by `classify_text`)"}
# Where the names of the modules that are read stand.
SOURCES = ["classifier_folder", "cross_encoder", "modules", "multi_vector_folder", "router", "vector_folder"]


def stop(*words):
    sys.exit(f"models.py: {' '.join(map(str, words))}")


def header(file):
    """The JSON in front of a safetensors file."""
    if not file.is_file():
        stop(file, "is not there")
    with open(file, "rb") as stream:
        return json.loads(stream.read(struct.unpack("<Q", stream.read(8))[0]))


def metadata(file):
    return header(file)["__metadata__"]


GOLDENS = {file.parent.name: metadata(file) for file in sorted(FOLDERS.glob("*/golden.safetensors"))}
READ_FOLDERS = [name for name, said in GOLDENS.items() if said["kind"] != "refused"]


def architectures():
    """The classes of Transformers that have goldens, and the library of those."""
    files = sorted((GOLDEN / "architectures").glob("*.safetensors"))
    return {name.split("/")[0]: metadata(file) for file in files for name in header(file) if name != "__metadata__"}


ARCHITECTURES = architectures()


def library_of(golden):
    return (GOLDENS.get(golden) or ARCHITECTURES[golden])["library"]


def reader_of(golden):
    """The class that reads a golden folder or a golden architecture; stops if there is no such golden."""
    if golden in ARCHITECTURES:
        kind = "token_classifier" if re.search("For(Token|AudioFrame)Classification$", golden) else "sequence_classifier"
    elif golden in GOLDENS:
        kind = GOLDENS[golden]["kind"]
    else:
        stop("there is no golden", golden)
    if kind not in READERS:
        stop(golden, "is of the kind", kind)
    reader, libraries = READERS[kind]
    if not {library.split()[0] for library in library_of(golden).split(", ")} <= libraries:
        stop(golden, "is said to be of", library_of(golden), "which", reader, "does not read")
    return reader


def row(cells):
    if any("|" in cell or "\n" in cell for cell in cells):
        stop("a cell that breaks the table:", cells)
    return "".join(f"| {cell} " if cell else "| " for cell in cells) + "|"


def table(head, rows):
    return "\n".join(map(row, [head, ["---"] * len(head), *rows]))


def write(block, text):
    page = PAGE.read_text(encoding="utf-8")
    begin, end = f"<!-- {block}: begin -->", f"<!-- {block}: end -->"
    if page.count(begin) != 1 or page.count(end) != 1:
        stop(PAGE, "needs one", begin, "and one", end)
    before, rest = page.split(begin)
    page_now = before + begin + "\n" + text.strip() + "\n" + end + rest.split(end)[1]
    if "--check" not in sys.argv:
        PAGE.write_text(page_now, encoding="utf-8")
    elif page_now != page:
        stop(PAGE.relative_to(ROOT), "is not what this script writes between", begin, "and", end)


# -------------------------------------------------------------------------------------------------------- what they say


def reason(model):
    """Why a model is refused: of a class of Transformers what the page says of it."""
    if not isinstance(model.refused, NotRead):
        return model.refused
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 2 and model.refused in cells[1].split(", "):
            return cells[0]
    stop(model.refused, "is not among the classes that the page says are not read")


def model_row(reader, model):
    names = model.golden.split()
    if bool(model.refused) == bool(names):
        stop(model.names, "needs a golden, or a reason why it is refused")
    if model.refused:
        return [model.names, f"refused: {reason(model)}", "", "", ""]
    for name in names:
        if reader_of(name) != reader:
            stop(name, "is read by", reader_of(name), "and not by", reader)
    verdict = f"read, {model.condition}" if model.condition else "read"
    return [model.names, verdict, f"`{reader}`", model.what, ", ".join(f"`{name}`" for name in names)]


def write_models():
    models = [model for group in MODELS.values() for model in group]
    named = [name for model in models for name in model.names.split(", ")]
    if len(set(named)) != len(named):
        stop("a model has two rows:", *(name for name in set(named) if named.count(name) > 1))
    count = {verdict: sum(model.count() for model in models if model.verdict() == verdict)
             for verdict in ("read", "read with a condition", "refused")}
    rows = [model_row(reader, model) for reader, group in MODELS.items() for model in group]
    said = "Of {} models {} are read, {} more with a condition that the table says, and {} are refused:"
    write("models", said.format(len(named), *count.values()) + "\n\n" +
          table(["model", "is it read?", "by", "what is read", "tests"], rows))


def write_layouts():
    rows, seen, goldens = [], {}, [*READ_FOLDERS, *ARCHITECTURES]
    for layout in LAYOUTS:
        if layout.reader:
            checked = [metadata(FOLDERS / layout.golden)["generated_with"].split(", ")[0]]
            readers = [layout.reader]
        else:
            names = [name for name in goldens
                     if any(fnmatch.fnmatchcase(name, pattern) for pattern in layout.golden.split())]
            if not names:
                stop(layout.title, "has no golden")
            for name in names:
                if seen.setdefault(name, layout.title) != layout.title:
                    stop(name, "is of two layouts:", seen[name], "and", layout.title)
            checked = sorted({library for name in names for library in library_of(name).split(", ")})
            readers = sorted(set(map(reader_of, names)))
        checked = [" ".join([SHOWN.get(name, name), version]) for name, version in map(str.split, checked)]
        rows.append([layout.title, ", ".join(f"`{reader}`" for reader in readers), layout.pooling, layout.head,
                     layout.tensors, ", ".join(checked)])
    if missing := set(goldens) - set(seen):
        stop("of no layout:", *sorted(missing))
    write("layouts", table(["folder", "class", "pooling", "head", "tensors", "checked against"], rows))


def subclasses(cls):
    for sub in cls.__subclasses__():
        yield sub
        yield from subclasses(sub)


def classes_of_sentence_transformers():
    """The modules and the models of the installed one."""
    import sentence_transformers
    for found in pkgutil.walk_packages(sentence_transformers.__path__, "sentence_transformers."):
        if re.search(r"\.(modules|model)(\.|$)", found.name):
            importlib.import_module(found.name)
    from sentence_transformers.base.model import BaseModel
    from sentence_transformers.base.modules.module import Module
    own = lambda base: {cls.__name__ for cls in subclasses(base)
                        if not inspect.isabstract(cls) and cls.__module__.startswith("sentence_transformers.")}
    return sentence_transformers.__version__, own(Module), own(BaseModel)


def classes_of_model2vec():
    import model2vec
    names = set()
    for package in ("model2vec", "model2vec.inference", "model2vec.train"):
        module = importlib.import_module(package)
        names |= {name for name in module.__all__ if inspect.isclass(getattr(module, name))}
    return model2vec.__version__, names


def classes_of_pylate(wheel):
    """Those of its models, from its source."""
    version = Path(wheel).name.split("-")[1]
    with zipfile.ZipFile(wheel) as archive:
        sources = [archive.read(name).decode() for name in archive.namelist()
                   if re.fullmatch(r"pylate/models/\w+\.py", name)]
    return version, {node.name for source in sources for node in ast.parse(source).body
                     if isinstance(node, ast.ClassDef)}


def golden_modules():
    """The types of modules in golden folders that are read, as modules.json and router_config.json have them."""
    types = set()
    for name in READ_FOLDERS:
        for file in [*(FOLDERS / name).glob("modules.json"), *(FOLDERS / name).glob("router_config.json")]:
            document = json.loads(file.read_text(encoding="utf-8"))
            types |= {module["type"] for module in document} if isinstance(document, list) else set(
                document["types"].values())
    return types


def golden_models():
    """The models in golden folders that are read, as config_sentence_transformers.json names them."""
    files = [FOLDERS / name / "config_sentence_transformers.json" for name in READ_FOLDERS]
    return {json.loads(file.read_text(encoding="utf-8")).get("model_type") for file in files if file.is_file()}


def names_in_sources():
    """The names that seqpool's readers of modules know."""
    text = "".join((ROOT / f"include/seqpool/model/detail/{name}.hpp").read_text(encoding="utf-8") for name in SOURCES)
    return set(re.findall(r'"([\w.]+)"', text))


def library_row(library, what, classes, read):
    """A row of the classes that a library has; one of which nothing is known stops the script."""
    refused = classes - read
    if unknown := refused - set(REFUSED_CLASSES):
        stop(library, "has", *sorted(unknown), "of which nothing is known")
    if wrong := (classes & read) & set(REFUSED_CLASSES):
        stop(*sorted(wrong), "is read, but has a reason why it is not")
    reasons = {}
    for name in sorted(refused):
        reasons.setdefault(REFUSED_CLASSES[name], []).append(name)
    said = "; ".join(f"{', '.join(names)}: {why}" for why, names in reasons.items())
    names = [NOTES.get(name, name) for name in sorted(classes & read)]
    return [library, what, str(len(classes)), f"{len(names)}: {', '.join(names)}",
            f"{len(refused)}: {said}" if refused else "0"]


def write_libraries(wheel):
    known, types = names_in_sources(), golden_modules()
    own = {name.split(".")[-1] for name in types if name.startswith("sentence_transformers.")}
    version, modules, models = classes_of_sentence_transformers()
    if differ := modules & (known ^ own):
        stop("a folder with one is read, or its name is known, but not both:", *sorted(differ))
    rows = [library_row(f"sentence-transformers {version}", "models", models, golden_models()),
            library_row(f"sentence-transformers {version}", "modules", modules, own)]
    version, classes = classes_of_pylate(wheel)
    read = {name for name in classes
            if name in golden_models() or f"pylate.models.{name}.{name}" in known & types}
    rows.append(library_row(f"PyLate {version}", "models and modules", classes, read))
    version, classes = classes_of_model2vec()
    read = {name for name, file in MODEL2VEC.items() if (ROOT / file).is_file()}
    rows.append(library_row(f"model2vec {version}", "models", classes, read))
    if gone := set(REFUSED_CLASSES) - modules - classes:
        stop("no library has", *sorted(gone))
    write("libraries", table(["library", "classes", "all", "read", "refused"], rows))


def main():
    if sys.argv[1:2] == ["--libraries"] and len(sys.argv) == 3:
        write_libraries(sys.argv[2])
    elif sys.argv[1:] not in ([], ["--check"]):
        stop("takes no arguments, --check, or --libraries and PyLate's wheel")
    else:
        write_models()
        write_layouts()


if __name__ == "__main__":
    main()
