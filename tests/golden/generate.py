"""Makes the golden files beside it: what the systems that seqpool's poolings have parity with say themselves.

cases.safetensors                  the hidden states and masks that all of them saw
sentence_transformers.safetensors  Pooling, padded and flattened, SpladePooling, WeightedLayerPooling and maxsim
torch.safetensors                  softmax attention, torch.nn.MultiheadAttention, and plain formulas of papers
timm.safetensors                   AttentionPoolLatent, LsePlus1d and global_pool_nlc
transformers.safetensors           the attention pooling heads of SigLIP and SigLIP 2
gliclass.safetensors               GLiClass' pooling strategies

The C++ tests compare with these numbers. They are an outside opinion, so they may change only when a case is added or
an input was wrong: never because seqpool gives something else, and never to make a test pass.

Run it without arguments for all files, or with the names of those to make. It needs

    pip install torch==2.13.0 transformers==5.23.0 sentence-transformers==6.2.0 safetensors==0.8.0 numpy==2.4.6
    pip install --no-deps timm==1.0.31 gliclass==0.1.21

of which the last two give single files that need torch alone. Two runs on one machine give the same bytes.

cases.safetensors holds, prefixed with the name of a case:

    hidden_states      [batch, seq, hidden]  NaN where the mask is 0; the systems saw numbers there
    attention_mask     [batch, seq]          int64

of these cases:

    right, left, unpadded, holes             float32
    long                                     float32, one row of more than a block of 256 tokens
    bf16_right, bf16_left, bf16_unpadded     bfloat16
    empty                                    float32, the second of three rows has no real token
    nan                                      float32, a NaN in a real token of the second row, and in padding of the
                                             third, which the systems saw too

The other files hold of every case, but of the last two only where it says so, <case>.<pooling> [batch, width], float32.
The numbers of bfloat16 are what the system gives for the same numbers in float32: seqpool widens them too. Where a name
ends in "own" the system ran in bfloat16, and rounded to it as often as it does. What takes no mask saw one sequence
at a time, its real tokens selected. Weights are drawn once a file, and stored by the system's own tensor names, behind
the name of the pooling where several have the same.

By sentence-transformers:

    cls, max, mean, mean_sqrt_len_tokens, weightedmean, lasttoken, each also own
    all                                      those six, one behind the other, as an older boolean config has them
    splade_<max or sum>_<relu or log1p_relu>                              each also own
    empty, nan                               the poolings above; of empty maxsim, too
    maxsim, maxsim_mean                      [batch, queries]             query_0 and query_1 [tokens, hidden]; the mean
                                             is over the query's tokens
    maxsim_normalized                        [batch, queries]             of normalised tokens on either side
    maxsim_per_query                         [batch, tokens of query_0]   the maxima that maxsim adds, by NumPy
    maxsim_masked, maxsim_mean_masked        [batch, queries]             of the query tokens that query_0_mask and
                                             query_1_mask [tokens] keep

    flattened, bf16_flattened                hidden_states [total, hidden], cu_seq_lens [batch + 1], poolings as above
    layers_right, layers_left, bf16_layers_unpadded
                                             layer_0 ... layer_2 [batch, seq, hidden], and of them token_embeddings
                                             [batch, seq, hidden], by layer_weights [3], and their mean, all NaN where
                                             the mask is 0

By torch:

    attention_1, attention_3                 one query [hidden], three [3, hidden], width 3 * hidden, not scaled
    attention_1_scaled, attention_3_scaled   scores times 1/sqrt(hidden)
    attention_3_average                      [batch, hidden]              the mean of the three
    attention_1.weights, attention_3.weights [batch, queries, seq]        0 in padding
    mha_1, mha_3                             MultiheadAttention of 2 heads and one learned query [1, hidden], and of
                                             3 heads without biases and three queries, whose outputs stand behind one
                                             another
    mha_narrow                               two queries [2, 12] of 2 heads: projections q_proj_weight, k_proj_weight
                                             and v_proj_weight, the last two from hidden to 12
    mha_1.weights, mha_3.weights             [batch, heads, queries, seq]
    max_indices                              [batch, hidden]              int64: the first of equals; also of nan
    gem_3, gem_2.5, gem_p                    p = 3; p = 2.5; p [hidden], all different
    lse_10, lse_1                            (1 / r) log mean exp(r x)
    mean_std, mean_std_sample                mean beside std, unbiased=False and True; the second only of cases
                                             whose rows all have more than one token
    additive_tanh, additive_gelu             softmax of v act(W x + b); the second as the Sequential of Linear,
                                             LayerNorm, GELU, Linear that notebooks have
    self_attentive                           W2 tanh(W1 x), 5 rows
    pma, pma_norm                            Set Transformer's pooling by multihead attention, with one query and
                                             2 heads, and with three and its norms and 3 heads
    probe                                    EleutherAI's attention probe: 2 heads, 3 outputs, places from 0 at the
                                             first real token, holes counted
    probe_without_holes                      of the case with holes alone: holes not counted
    empty                                    attention_1, mha_1 and probe

By timm:

    latent_token, latent_avg                 AttentionPoolLatent with one latent, with a norm; with two, their mean
    latent_attention                         the same without projection and MLP (out_features 0)
    lse_plus                                 LsePlus1d, r
    max, avg, avgmax                         global_pool_nlc

By Transformers, from random configs:

    siglip, siglip2                          the second with a mask
    xvector                                  Wav2Vec2ForXVector of random audio, of its own names, no case: tdnn_output
                                             [batch, seq, hidden], what its statistics pooling sees; tdnn_lengths
                                             [batch]; embeddings, logits; padded ones of the same under "xvector.unpadded"
    empty                                    siglip2

By GLiClass:

    max, first, last, avg, sum, rms, abs_max, abs_avg
    empty                                    those with a mask: avg, sum, rms, abs_max, abs_avg
"""

import functools
import importlib
import json
import os
import sys
import types
import zlib
from importlib.metadata import distribution, version
from pathlib import Path

os.environ["HF_HUB_OFFLINE"] = "1"

import numpy as np
import torch
from safetensors.torch import save
from torch import nn

HIDDEN = 24  # A chunk of 16 features and half a one. 2 and 3 heads divide it.
SEQ = 19


# ---------------------------------------------------------------------------------------------------------------- cases


def padding(lengths, seq, left=False):
    mask = torch.arange(seq) < torch.tensor(lengths)[:, None]
    return mask.flip(dims=[1]) if left else mask


def holes():
    mask = torch.rand(4, SEQ) < 0.6
    mask[0, 0] = False  # Runs that start late, ...
    mask[1, -1] = False  # ... that end early, ...
    mask[2] = torch.arange(SEQ) % 2 == 1  # ... and that are one token long, each between two masked ones.
    assert mask.any(dim=1).all(), "a row without a real token"
    return mask


def draw(*shape, dtype=torch.float32):
    # In float64 and then rounded, so that a dtype's numbers are what an encoder of that dtype would hand over.
    return torch.randn(*shape, dtype=torch.float64).to(dtype)


def states_of(mask, dtype=torch.float32):
    return draw(*mask.shape, HIDDEN, dtype=dtype), mask


@functools.cache
def cases():
    """Name -> hidden states, boolean mask. A full row, a single token, and lengths around a tile of 8."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return drawn_cases()


def drawn_cases():
    with_nan = states_of(padding([6, 4, 3], 6))
    with_nan[0][1, 2, 5] = torch.nan
    with_nan[0][2, 4] = torch.nan
    return {
        "right": states_of(padding([19, 1, 7, 12], SEQ)),
        "left": states_of(padding([9, 19, 1, 16], SEQ, left=True)),
        "unpadded": states_of(padding([17, 17, 17], 17)),
        "holes": states_of(holes()),
        "long": states_of(padding([290], 290)),
        "bf16_right": states_of(padding([19, 1, 7, 12], SEQ), torch.bfloat16),
        "bf16_left": states_of(padding([9, 19, 1, 16], SEQ, left=True), torch.bfloat16),
        "bf16_unpadded": states_of(padding([17, 17, 17], 17), torch.bfloat16),
        "empty": states_of(padding([5, 0, 3], 5)),
        "nan": with_nan,
    }


def without_padding(states, mask):
    """NaN in every padded token: who counts padding, even with weight zero, gets NaN and fails."""
    states = states.clone()
    states[~mask] = torch.nan
    return states


def named(name, results):
    return {f"{name}.{key}": value for key, value in results.items()}


def make_cases():
    tensors = {}
    for name, (states, mask) in cases().items():
        tensors |= named(name, {"hidden_states": without_padding(states, mask), "attention_mask": mask.long()})
    return tensors


def of_cases(system):
    """What the function makes of every case but the two that not all systems have an answer to."""
    tensors = {}
    for name, (states, mask) in cases().items():
        if name not in ("empty", "nan"):
            tensors |= named(name, system(states, mask))
    return tensors


def in_float32(system):
    return lambda states, mask: system(states.float(), mask)


def each(states, mask, function):
    """For what takes no mask: one sequence at a time [1, n, hidden], its real tokens selected."""
    return torch.cat([function(row[keep][None]) for row, keep in zip(states, mask, strict=True)])


def randomized(module):
    """A module whose weights are all drawn: initial ones are often 0 or 1, and would hide what is left out."""
    with torch.no_grad():
        for parameter in module.parameters():
            fan_in = parameter.shape[-1] if parameter.dim() > 1 else 4
            parameter.copy_(draw(*parameter.shape) / fan_in**0.5)
    return module.eval()


def weights_of(prefix, module):
    return {prefix + name: value for name, value in module.state_dict().items()}


def modules_of(package, *names):
    """Modules of a package without its own __init__, which wants much that these do not need (torchvision)."""
    for parent in {name.rpartition(".")[0] for name in names} | {package}:
        module = types.ModuleType(parent)
        module.__path__ = [str(distribution(package).locate_file(parent.replace(".", "/")))]
        sys.modules[parent] = module
    return [importlib.import_module(name) for name in names]


# ------------------------------------------------------------------------------------------------ sentence-transformers

MODES = ["cls", "max", "mean", "mean_sqrt_len_tokens", "weightedmean", "lasttoken"]  # In the order of boolean configs.


def sentence_transformers():
    import transformers
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, WeightedLayerPooling
    from sentence_transformers.sparse_encoder.modules import SpladePooling
    from sentence_transformers.util import SimilarityFunction, mean_maxsim

    transformers.utils.logging.set_verbosity_error()
    maxsim = SimilarityFunction.to_similarity_fn("maxsim")  # What MultiVectorEncoder.similarity takes.
    queries = [draw(5, HIDDEN), draw(3, HIDDEN)]
    query_masks = [torch.tensor([1, 0, 1, 1, 0]), torch.tensor([0, 1, 1])]

    def run(module, features):
        return module(dict(features))["sentence_embedding"]

    def poolings(features):
        results = {mode: run(Pooling(HIDDEN, pooling_mode=mode), features) for mode in MODES}
        results["all"] = run(Pooling(HIDDEN, pooling_mode=MODES), features)
        for strategy in ["max", "sum"]:
            for activation in ["relu", "log1p_relu"]:
                splade = SpladePooling(strategy, activation).eval()
                own = features | {"token_embeddings": features["token_embeddings"].clone()}  # Works in place.
                results[f"splade_{strategy}_{activation}"] = run(splade, own)
        return results

    def with_own(states, make):
        results = make(states.float())
        if states.dtype == torch.bfloat16:
            results |= {f"{key}.own": value for key, value in make(states).items() if key != "all"}
        return results

    def normalized(tokens):
        return Normalize("token_embeddings")({"token_embeddings": tokens})["token_embeddings"]

    def scores(states, mask):
        per_query = [(row[keep] @ queries[0].T).numpy().max(axis=0) for row, keep in zip(states, mask, strict=True)]
        return {
            "maxsim": maxsim(queries, states, b_mask=mask).T,
            "maxsim_mean": mean_maxsim(queries, states, b_mask=mask).T,
            "maxsim_normalized": maxsim([normalized(query) for query in queries], normalized(states), b_mask=mask).T,
            "maxsim_per_query": torch.from_numpy(np.stack(per_query)),
            "maxsim_masked": maxsim(queries, states, a_mask=query_masks, b_mask=mask).T,
            "maxsim_mean_masked": mean_maxsim(queries, states, a_mask=query_masks, b_mask=mask).T,
        }

    def results(states, mask):
        mask_features = {"attention_mask": mask.long()}
        out = with_own(states, lambda x: poolings({"token_embeddings": x} | mask_features))
        return out | scores(states.float(), mask)

    tensors = {f"query_{i}": query for i, query in enumerate(queries)} | of_cases(results)
    tensors |= {f"query_{i}_mask": mask for i, mask in enumerate(query_masks)}

    lengths = torch.tensor([0, 12, 1, 19, 8])
    cu_seq_lens = lengths.cumsum(0)
    for name, dtype in [("flattened", torch.float32), ("bf16_flattened", torch.bfloat16)]:
        flat = draw(int(lengths.sum()), HIDDEN, dtype=dtype)
        lengths_of_flat = {"cu_seq_lens_q": cu_seq_lens}
        tensors |= named(name, {"hidden_states": flat, "cu_seq_lens": cu_seq_lens})
        tensors |= named(name, with_own(flat, lambda x: poolings({"token_embeddings": x[None]} | lengths_of_flat)))

    tensors["layer_weights"] = 0.5 + torch.rand(3)
    mixer = WeightedLayerPooling(HIDDEN, num_hidden_layers=4, layer_start=2, layer_weights=tensors["layer_weights"])
    for name, case in [("layers_right", "right"), ("layers_left", "left"), ("bf16_layers_unpadded", "bf16_unpadded")]:
        states, mask = cases()[case]
        layers = [draw(*states.shape, dtype=states.dtype) for _ in range(5)]
        features = {"attention_mask": mask.long(), "all_layer_embeddings": [layer.float() for layer in layers]}
        mixed = mixer(features)["token_embeddings"]
        tensors |= named(name, {
            **{f"layer_{i}": without_padding(layer, mask) for i, layer in enumerate(layers[2:])},
            "attention_mask": mask.long(),
            "token_embeddings": without_padding(mixed, mask),
            "mean": run(Pooling(HIDDEN), {"token_embeddings": mixed, "attention_mask": mask.long()}),
        })

    for name in ["empty", "nan"]:
        states, mask = cases()[name]
        tensors |= named(name, poolings({"token_embeddings": states, "attention_mask": mask.long()}))
    states, mask = cases()["empty"]
    tensors["empty.maxsim"] = maxsim(queries, states, b_mask=mask).T
    return tensors


# ---------------------------------------------------------------------------------------------------------------- torch


class PoolingByMultiheadAttention(nn.Module):
    """Set Transformer, 3.1 and 3.2: MAB(S, X). Its scores are divided by sqrt of the whole width, not of a head's."""

    def __init__(self, queries, heads, norms):
        super().__init__()
        self.heads = heads
        self.S = nn.Parameter(torch.empty(1, queries, HIDDEN))
        self.mab = nn.Module()
        for name in ["fc_q", "fc_k", "fc_v", "fc_o"]:
            self.mab.add_module(name, nn.Linear(HIDDEN, HIDDEN))
        for name in ["ln0", "ln1"] if norms else []:
            self.mab.add_module(name, nn.LayerNorm(HIDDEN))
        self.norms = norms

    def forward(self, x):  # [1, n, hidden]
        q, k, v = self.mab.fc_q(self.S[0]), self.mab.fc_k(x[0]), self.mab.fc_v(x[0])
        heads = zip(*(part.chunk(self.heads, dim=1) for part in (q, k, v)), strict=True)
        out = torch.cat([qh + torch.softmax(qh @ kh.T / HIDDEN**0.5, dim=1) @ vh for qh, kh, vh in heads], dim=1)
        out = self.mab.ln0(out) if self.norms else out
        out = out + torch.relu(self.mab.fc_o(out))
        out = self.mab.ln1(out) if self.norms else out
        return out.reshape(1, -1)


class AttentionProbe(nn.Module):
    """EleutherAI's: every head has a softmax over scores q x + w place, and a linear map of what it attends to."""

    def __init__(self, heads, outputs):
        super().__init__()
        self.q = nn.Linear(HIDDEN, heads, bias=False)
        self.v = nn.Linear(HIDDEN, heads * outputs)
        self.position_weight = nn.Parameter(torch.empty(heads))
        self.outputs = outputs

    def forward(self, x, mask, places):  # [batch, n, hidden], [batch, n], [batch, n]
        scores = self.q(x) + places[:, :, None] * self.position_weight - (1 - mask.float())[:, :, None] * 1e9
        values = self.v(x).unflatten(2, (-1, self.outputs))
        return torch.einsum("bnh,bnho->bo", torch.softmax(scores, dim=1), values)


def by_torch():
    single = draw(HIDDEN) / 4
    several = draw(3, HIDDEN) / 4
    power = 0.5 + 4 * torch.rand(HIDDEN)
    tensors = {"attention_1.query": single, "attention_3.queries": several, "gem_p.p": power}

    mha = {}
    for name, queries, embed, arguments in [
        ("mha_1", 1, HIDDEN, {"num_heads": 2}),
        ("mha_3", 3, HIDDEN, {"num_heads": 3, "bias": False}),
        ("mha_narrow", 2, 12, {"num_heads": 2, "kdim": HIDDEN, "vdim": HIDDEN}),
    ]:
        module = randomized(nn.MultiheadAttention(embed, batch_first=True, **arguments))
        mha[name] = (module, draw(queries, embed))
        tensors |= weights_of(f"{name}.", module) | {f"{name}.query": mha[name][1]}

    tanh = randomized(nn.Sequential(nn.Linear(HIDDEN, 10), nn.Tanh(), nn.Linear(10, 1, bias=False)))
    gelu = randomized(nn.Sequential(nn.Linear(HIDDEN, HIDDEN), nn.LayerNorm(HIDDEN), nn.GELU(), nn.Linear(HIDDEN, 1)))
    lin = randomized(nn.Sequential(nn.Linear(HIDDEN, 10, bias=False), nn.Tanh(), nn.Linear(10, 5, bias=False)))
    tensors |= weights_of("additive_tanh.", tanh) | weights_of("additive_gelu.", gelu)
    tensors |= {"self_attentive.W1": lin[0].weight, "self_attentive.W2": lin[2].weight}

    pma = {}
    for name, arguments in {"pma": (1, 2, False), "pma_norm": (3, 3, True)}.items():
        pma[name] = randomized(PoolingByMultiheadAttention(*arguments))
        tensors |= weights_of(f"{name}.", pma[name])
    probe = randomized(AttentionProbe(2, 3))
    tensors |= weights_of("probe.", probe)

    def multihead(module, query, states, mask):
        out, weights = module(query.expand(len(states), -1, -1), states, states, key_padding_mask=~mask,
                              average_attn_weights=False)
        return out.flatten(1), weights

    def softmax_attention(queries, states, mask, scale):
        """[batch, queries, hidden], [batch, queries, seq]"""
        scores = (queries @ states.mT * scale).masked_fill(~mask[:, None], -torch.inf)
        weights = torch.softmax(scores, dim=2)
        return weights @ states, weights

    def of_scores(scorer):
        return lambda x: (torch.softmax(scorer(x[0]), dim=0).T @ x[0]).reshape(1, -1)

    def gem(p):
        return lambda x: x.clamp(min=1e-6).pow(p).mean(dim=1).pow(1 / p)

    def lse(r):
        return lambda x: (torch.logsumexp(r * x, dim=1) - torch.tensor(float(x.shape[1])).log()) / r

    def mean_std(unbiased):
        return lambda x: torch.cat([x.mean(dim=1), x.std(dim=1, unbiased=unbiased)], dim=1)

    def max_indices(states, mask):
        return states.masked_fill(~mask[:, :, None], -torch.inf).max(dim=1).indices

    def probed(states, mask):
        return probe(states, mask, torch.arange(mask.shape[1]) - mask.long().argmax(dim=1, keepdim=True))

    def results(states, mask):
        out = {}
        for name, queries in [("attention_1", single[None]), ("attention_3", several)]:
            pooled, out[f"{name}.weights"] = softmax_attention(queries, states, mask, 1.0)
            out[name] = pooled.flatten(1)
            out[f"{name}_scaled"] = softmax_attention(queries, states, mask, HIDDEN**-0.5)[0].flatten(1)
        out["attention_3_average"] = softmax_attention(several, states, mask, 1.0)[0].mean(dim=1)
        for name, (module, query) in mha.items():
            out[name], weights = multihead(module, query, states, mask)
            if name != "mha_narrow":
                out[f"{name}.weights"] = weights
        out["max_indices"] = max_indices(states, mask)
        functions = {
            "gem_3": gem(3.0), "gem_2.5": gem(2.5), "gem_p": gem(power), "lse_10": lse(10), "lse_1": lse(1),
            "mean_std": mean_std(unbiased=False), "additive_tanh": of_scores(tanh), "additive_gelu": of_scores(gelu), "self_attentive": of_scores(lin), **pma}
        for name, function in functions.items():
            out[name] = each(states, mask, function)
        if (mask.sum(dim=1) > 1).all():  # of one token torch makes NaN
            out["mean_std_sample"] = each(states, mask, mean_std(unbiased=True))
        out["probe"] = probed(states, mask)
        return out

    states, mask = cases()["empty"]
    empty = {"mha_1": multihead(*mha["mha_1"], states, mask)[0],
             "attention_1": softmax_attention(single[None], states, mask, 1.0)[0].flatten(1),
             "probe": probed(states, mask)}
    states, mask = cases()["holes"]
    tensors["holes.probe_without_holes"] = each(states, mask, lambda x: probed(x, torch.ones(x.shape[:2], dtype=bool)))
    nan = {"max_indices": max_indices(*cases()["nan"])}
    return tensors | of_cases(in_float32(results)) | named("empty", empty) | named("nan", nan)


# ----------------------------------------------------------------------------------------------------------------- timm


def timm():
    attention_pool, other_pool, pool1d = modules_of(
        "timm", "timm.layers.attention_pool", "timm.layers.other_pool", "timm.layers.pool1d")
    norm = lambda *sizes, **kwargs: nn.LayerNorm(*sizes, eps=1e-6, **kwargs)  # As timm's vision transformers have it.
    latent = {
        "latent_token": dict(num_heads=2, norm_layer=norm, mlp_ratio=2.0),
        "latent_avg": dict(num_heads=3, latent_len=2, pool_type="avg", norm_layer=norm, mlp_ratio=2.0),
        "latent_attention": dict(num_heads=2, out_features=0),
    }
    latent = {name: randomized(attention_pool.AttentionPoolLatent(HIDDEN, **arguments))
              for name, arguments in latent.items()}
    lse_plus = other_pool.LsePlus1d(r=3.0).eval()
    tensors = {"lse_plus.r": lse_plus.r.reshape(1)}
    for name, module in latent.items():
        tensors |= weights_of(f"{name}.", module)

    def results(states, mask):
        out = {name: module(states, attn_mask=mask[:, None, None]) for name, module in latent.items()}
        out["lse_plus"] = each(states, mask, lse_plus)
        for kind in ["max", "avg", "avgmax"]:
            out[kind] = each(states, mask, lambda x: pool1d.global_pool_nlc(x, kind, num_prefix_tokens=0))
        return out

    return tensors | of_cases(in_float32(results))


# --------------------------------------------------------------------------------------------------------- transformers


def by_transformers():
    import transformers
    from transformers.models.siglip import modeling_siglip
    from transformers.models.siglip2 import modeling_siglip2

    parts = {"hidden_size": HIDDEN, "intermediate_size": 40, "num_attention_heads": 2, "attn_implementation": "eager"}
    siglip = randomized(modeling_siglip.SiglipMultiheadAttentionPoolingHead(transformers.SiglipVisionConfig(**parts)))
    siglip2 = randomized(
        modeling_siglip2.Siglip2MultiheadAttentionPoolingHead(transformers.Siglip2VisionConfig(**parts)))
    tensors = weights_of("siglip.vision_model.head.", siglip) | weights_of("siglip2.vision_model.head.", siglip2)

    def results(states, mask):
        return {"siglip": each(states, mask, siglip), "siglip2": siglip2(states, mask.long())}

    states, mask = cases()["empty"]
    return (tensors | of_cases(in_float32(results)) | {"empty.siglip2": siglip2(states, mask.long())}
            | xvector(transformers))


def xvector(transformers):
    config = transformers.Wav2Vec2Config(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=24, conv_dim=[8, 8],
        conv_stride=[5, 2], conv_kernel=[10, 3], num_conv_pos_embeddings=4, num_conv_pos_embedding_groups=2,
        tdnn_dim=[20, 20, HIDDEN], tdnn_kernel=[5, 3, 1], tdnn_dilation=[1, 2, 1], xvector_output_dim=12,
        feat_extract_norm="layer", mask_time_prob=0.0)
    model = transformers.Wav2Vec2ForXVector(config)
    for part in [model.projector, model.tdnn, model.feature_extractor, model.classifier]:
        randomized(part)
    model.eval()
    seen = {}
    model.tdnn[-1].register_forward_hook(lambda module, arguments, output: seen.update(output=output))
    audio, mask = draw(3, 700), padding([700, 200, 450], 700)
    tensors = weights_of("xvector.feature_extractor.", model.feature_extractor)
    tensors |= weights_of("xvector.classifier.", model.classifier)
    for name, attention_mask in [("xvector", mask.long()), ("xvector.unpadded", None)]:
        out = model(audio * mask, attention_mask=attention_mask)
        tensors |= named(name, {"tdnn_output": seen["output"], "embeddings": out.embeddings, "logits": out.logits})
    lengths = model._get_tdnn_output_lengths(model._get_feat_extract_output_lengths(mask.sum(dim=1)))
    return tensors | {"xvector.tdnn_lengths": lengths}


# ------------------------------------------------------------------------------------------------------------- gliclass


def gliclass():
    [poolings] = modules_of("gliclass", "gliclass.poolings")

    def masked(states, mask):
        return {name: poolings.POOLING2OBJECT[name]()(states, mask[:, :, None].long())
                for name in ["avg", "sum", "rms", "abs_max", "abs_avg"]}

    def results(states, mask):
        return masked(states, mask) | {name: each(states, mask, poolings.POOLING2OBJECT[name]())
                                       for name in ["max", "first", "last"]}

    return of_cases(in_float32(results)) | named("empty", masked(*cases()["empty"]))


# ---------------------------------------------------------------------------------------------------------------- files

# File -> what makes it, the packages that its metadata names.
FILES = {
    "cases.safetensors": (make_cases, ["torch"]),
    "sentence_transformers.safetensors": (sentence_transformers, ["sentence-transformers", "torch", "numpy"]),
    "torch.safetensors": (by_torch, ["torch"]),
    "timm.safetensors": (timm, ["timm", "torch"]),
    "transformers.safetensors": (by_transformers, ["transformers", "torch"]),
    "gliclass.safetensors": (gliclass, ["gliclass", "torch"]),
}


def sorted_header(data):
    """The bytes of a safetensors file, its header's keys sorted: the library writes metadata in a varying order."""
    header_end = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:header_end]), sort_keys=True, separators=(",", ":")).encode("ascii")
    header += b" " * (-len(header) % 8)  # The format pads with spaces, so that the tensors start at a multiple of 8.
    return len(header).to_bytes(8, "little") + header + data[header_end:]


@torch.no_grad()
def main(files):
    torch.use_deterministic_algorithms(True)
    torch.set_num_threads(1)  # The order of a sum, and so its last bit, may depend on the number of threads.
    for file in files:
        make, packages = FILES[file]
        torch.manual_seed(zlib.crc32(file.encode()))
        tensors = {name: tensor.detach().contiguous().clone() for name, tensor in make().items()}
        for name, tensor in tensors.items():
            case, _, key = name.partition(".")
            padded = key == "hidden_states" or case.endswith(("layers_right", "layers_left"))
            assert padded or case in ("empty", "nan") or tensor.isfinite().all(), f"{name} is not finite"
        versions = ", ".join(f"{package} {version(package).partition('+')[0]}" for package in packages)
        data = sorted_header(save(tensors, metadata={"generated_with": versions}))
        (Path(__file__).resolve().parent / file).write_bytes(data)
        print(file, len(tensors), len(data))


if __name__ == "__main__":
    main(sys.argv[1:] or FILES)
