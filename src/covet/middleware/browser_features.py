"""
The features of browsers that Permissions-Policy rules: a name that is misspelt rules nothing, and no browser says so.
"""

from typing import Final

_NAMES: Final = """
    accelerometer all-screens-capture ambient-light-sensor aria-notify attribution-reporting autofill autoplay battery
    bluetooth browsing-topics camera captured-surface-control clipboard-read clipboard-write compute-pressure
    controlled-frame cross-origin-isolated deferred-fetch deferred-fetch-minimal digital-credentials-create
    digital-credentials-get direct-sockets display-capture document-domain encrypted-media
    execution-while-not-rendered execution-while-out-of-viewport fenced-unpartitioned-storage-read
    focus-without-user-activation fullscreen gamepad geolocation gyroscope hid identity-credentials-get idle-detection
    interest-cohort join-ad-interest-group keyboard-map language-detector language-model layout-animations
    legacy-image-formats local-fonts local-network local-network-access loopback-network magnetometer manual-text
    media-playback-while-not-visible microphone midi monetization navigation-override on-device-speech-recognition
    otp-credentials oversized-images payment picture-in-picture private-aggregation private-state-token-issuance
    private-state-token-redemption proofreader publickey-credentials-create publickey-credentials-get rewriter
    run-ad-auction screen-wake-lock serial shared-storage shared-storage-select-url smart-card speaker-selection
    storage-access summarizer sync-script sync-xhr translator trust-token-redemption unload unoptimized-images
    unsized-media usb usb-unrestricted vertical-scroll vibrate wake-lock web-app-installation web-share
    window-management window-placement writer xr-spatial-tracking
"""
BROWSER_FEATURES: Final = frozenset(_NAMES.split())
"""What browsers know, or have known; client hints, which begin with `ch-`, are ruled by the same header."""


def is_browser_feature(name: str) -> bool:
    """
    Tell whether a browser knows a feature.

    Example:
        >>> is_browser_feature("camera"), is_browser_feature("ch-ua-platform"), is_browser_feature("camra")
        (True, True, False)
    """
    return name in BROWSER_FEATURES or name.startswith("ch-")


__all__ = ["BROWSER_FEATURES", "is_browser_feature"]
