"""Tests license_token.py with clients/conformance/vectors.json: python clients/python/conformance.py"""

import json
import pathlib
import sys

from license_token import import_trusted_keys, read_token

file = json.loads((pathlib.Path(__file__).parents[1] / 'conformance' / 'vectors.json').read_text())
keys = import_trusted_keys(file['keys'])
failed = []
for vector in file['vectors']:
    device, nonce, revocations = (vector.get(name) for name in ('deviceId', 'nonce', 'revocations'))
    claims = read_token(vector['token'], keys, vector['now'], device, nonce, revocations)
    if (claims is not None) != vector['accept'] or (claims and claims['code'] != vector['code']):
        failed.append(vector['name'])
print(f"{len(file['vectors']) - len(failed)} vectors passed, {len(failed)} failed", *failed, sep='\n  ')
sys.exit(bool(failed))
