"""What all tests share: how hard Hypothesis tries.

`CI=1` chooses the profile whose examples never change; HYPOTHESIS_PROFILE names one explicitly.
"""

import os

from hypothesis import settings

settings.register_profile("dev", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "dev"))
