"""Write an optimizer once, run it fused in NumPy, PyTorch, JAX and Keras, see what it does."""

from adamas import rules as rules
from adamas import schedules as schedules
from adamas.engines.threads import get_threads as get_threads
from adamas.engines.threads import set_threads as set_threads
from adamas.errors import AdamasError as AdamasError
from adamas.language.chain import chain as chain
from adamas.language.declare import between as between
from adamas.language.declare import count as count
from adamas.language.declare import decay as decay
from adamas.language.declare import fraction as fraction
from adamas.language.declare import full as full
from adamas.language.declare import learning_rate as learning_rate
from adamas.language.declare import like as like
from adamas.language.declare import nonnegative as nonnegative
from adamas.language.declare import positive as positive
from adamas.language.declare import scalar as scalar
from adamas.language.declare import shared as shared
from adamas.language.functions import axes as axes
from adamas.language.functions import clip as clip
from adamas.language.functions import cos as cos
from adamas.language.functions import ema as ema
from adamas.language.functions import evaluate as evaluate
from adamas.language.functions import exp as exp
from adamas.language.functions import first as first
from adamas.language.functions import floor as floor
from adamas.language.functions import global_largest as global_largest
from adamas.language.functions import global_mean as global_mean
from adamas.language.functions import global_norm as global_norm
from adamas.language.functions import global_sum as global_sum
from adamas.language.functions import largest as largest
from adamas.language.functions import log as log
from adamas.language.functions import maximum as maximum
from adamas.language.functions import mean as mean
from adamas.language.functions import minimum as minimum
from adamas.language.functions import norm as norm
from adamas.language.functions import row_mean as row_mean
from adamas.language.functions import sign as sign
from adamas.language.functions import sqrt as sqrt
from adamas.language.functions import sum as sum
from adamas.language.functions import where as where
from adamas.language.rule import gradient as gradient
from adamas.language.rule import observe as observe
from adamas.language.rule import rule as rule
from adamas.language.rule import update as update

__version__ = "0.1.0"
