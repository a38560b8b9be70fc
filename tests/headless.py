"""The Chromium of this machine, which tests drive without a window; None where there is none."""

from __future__ import annotations

import os
import shutil

CHROMIUM = os.environ.get("VOZ_CHROMIUM") or next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
