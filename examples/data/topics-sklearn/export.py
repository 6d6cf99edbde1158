# SPDX-License-Identifier: MIT
# Trains scikit-learn's LogisticRegression on the means of ../topics.safetensors, for all topics and for one against the
# others, and writes both as safetensors, with what scikit-learn says of the same vectors.
#
#   pip install scikit-learn==1.9.1 safetensors==0.8.0 && python export.py
import os

import numpy as np
from safetensors.numpy import load_file, save_file
from sklearn.linear_model import LogisticRegression

here = os.path.dirname(os.path.abspath(__file__))
topics = load_file(os.path.join(here, os.pardir, "topics.safetensors"))
real = topics["attention_mask"].astype(bool)
vectors = np.stack([x[mask].astype(np.float32).mean(0) for x, mask in zip(topics["hidden_states"], real)])


def export(path, head):
    # As ../../convert/to_safetensors.py writes a head that was pickled.
    save_file({"weight": np.ascontiguousarray(head.coef_, dtype=np.float32),
               "bias": head.intercept_.astype(np.float32),
               # and what scikit-learn says of the vectors
               "probabilities": head.predict_proba(vectors).astype(np.float32)}, os.path.join(here, path))


export("head.safetensors", LogisticRegression(max_iter=1000).fit(vectors, topics["labels"]))
export("football.safetensors", LogisticRegression(max_iter=1000).fit(vectors, topics["labels"] == 3))
