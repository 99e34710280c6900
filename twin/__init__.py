"""The model: datacenter power from a token up. Knows no file, socket or clock."""

import os
import sys

LOCATORS = ",".join((
    "twin.kernel_cache.GivenFolder", "twin.kernel_cache.BesideSource",
    "twin.kernel_cache.UserFolder", "IPythonCacheLocator", "ZipCacheLocator",
))  # fmt: skip
"""Where numba keeps compiled kernels, and when it may use them again."""

os.environ.setdefault("NUMBA_CACHE_LOCATOR_CLASSES", LOCATORS)
if "numba" in sys.modules:  # it has read its settings already
    sys.modules["numba"].config.CACHE_LOCATOR_CLASSES = LOCATORS
