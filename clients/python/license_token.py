"""Verifies signed responses and leases of a License Authority with joserfc (pip install joserfc)."""

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

SKEW_SECONDS = 300


def verify_jws(token, kind, keys):
    """Returns the claims of a token of a type that one of the keys signed, or None."""
    try:
        # The algorithm is fixed: the header of the token has no say.
        decoded = jwt.decode(token, lambda obj: keys[obj.headers().get('kid')], algorithms=['EdDSA'])
    except (JoseError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return decoded.claims if decoded.header.get('typ') == kind else None


def import_trusted_keys(published):
    """Returns the keys of an app and those that they endorse, by kid."""
    keys = {jwk['kid']: OKPKey.import_key(jwk) for jwk in published['keys']}
    for endorsement in published.get('endorsements', []):
        if claims := verify_jws(endorsement, 'license-key+jwt', keys):
            keys.setdefault(claims['jwk']['kid'], OKPKey.import_key(claims['jwk']))
    return keys


def read_token(token, keys, now, device_id=None, nonce=None, revocations=None):
    """Returns the claims of a token, or None if it is refused. Without a nonce, the token is a stored lease."""
    claims = verify_jws(token, 'license+jwt', keys)
    if not claims or claims.get('deviceId') != device_id or nonce not in (None, claims.get('nonce')):
        return None
    if nonce is not None or claims['code'] != 'VALID':
        return claims  # a stored refusal does not expire
    if not claims['iat'] <= now + SKEW_SECONDS or not claims.get('exp', 0) > now - SKEW_SECONDS:
        return None
    revoked = (verify_jws(revocations, 'license-revocations+jwt', keys) or {}).get('revoked', {})
    return claims if claims['iat'] > revoked.get(claims.get('licenseId', '')[4:16], -1) else None
