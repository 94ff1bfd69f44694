"""PREDICT: how probable an answer as good as the baseline's is, for each candidate, from what was learned.

The expected gain is the sum of the opinions of layers 20 to 22; the artifact's curve turns it into `p_good`. Nothing
here learns, and scipy and scikit-learn are not imported.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

from suffice.errors import PolicyError
from suffice.features import Features
from suffice.layers import fingerprint, predicted_quality, use_case_evidence
from suffice.quality.artifact import Artifact, Pair
from suffice.quality.calibration import CENTRAL_90, Interval, odds_of
from suffice.quality.clusters import bucket_of as bucket_with_clusters
from suffice.quality.fingerprint import embed
from suffice.quality.heads import Stack
from suffice.quality.outcomes import Example, bucket_of
from suffice.quality.posterior import NO_CLUSTER, OF_RATE, Evidence, weigh
from suffice.quality.predictor import Predictor, PriorPredictor
from suffice.quality.space import Reader, Row
from suffice.stats.shrinkage import Posterior, Shrunken, shrink
from suffice.types import Candidate, Estimate, Opinion, Score, Weight
