"""Reads signed answers and leases of a License Authority with joserfc (pip install joserfc)."""

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

SKEW_SECONDS = 300


def opened(token, kind, keys):
    """The claims of a token of a kind that one of the keys signed, or None."""
    try:
        # The algorithm is fixed here: what the token says of itself decides nothing.
        decoded = jwt.decode(token, lambda obj: keys[obj.headers().get('kid')], algorithms=['EdDSA'])
    except (JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return decoded.claims if decoded.header.get('typ') == kind else None


def trusted(published):
    """The keys an app was built with, and those that one of them spoke for, by their names."""
    keys = {jwk['kid']: OKPKey.import_key(jwk) for jwk in published['keys']}
    for endorsement in published.get('endorsements', []):
        if claims := opened(endorsement, 'license-key+jwt', keys):
            keys.setdefault(claims['jwk']['kid'], OKPKey.import_key(claims['jwk']))
    return keys


def read(token, keys, now, device_id=None, nonce=None, revocations=None):
    """What a token says, or None if it is not to be believed. Without a nonce it was kept."""
    claims = opened(token, 'license+jwt', keys)
    if not claims or claims.get('deviceId') != device_id or nonce not in (None, claims.get('nonce')):
        return None
    if nonce is not None or claims['code'] != 'VALID':
        return claims  # a refusal that was kept stays one
    if not claims['iat'] <= now + SKEW_SECONDS or not claims.get('exp', 0) > now - SKEW_SECONDS:
        return None
    revoked = (opened(revocations, 'license-revocations+jwt', keys) or {}).get('revoked', {})
    return claims if claims['iat'] > revoked.get(claims.get('licenseId', '')[4:16], -1) else None
