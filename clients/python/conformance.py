"""Puts license_token.py through clients/conformance/vectors.json: python clients/python/conformance.py"""

import json
import pathlib
import sys

from license_token import read, trusted

file = json.loads((pathlib.Path(__file__).parents[1] / 'conformance' / 'vectors.json').read_text())
keys = trusted(file['keys'])
wrong = []
for vector in file['vectors']:
    device, nonce, revocations = (vector.get(name) for name in ('deviceId', 'nonce', 'revocations'))
    claims = read(vector['token'], keys, vector['now'], device, nonce, revocations)
    if (claims is not None) != vector['accept'] or (claims and claims['code'] != vector['code']):
        wrong.append(vector['name'])
print(f"{len(file['vectors']) - len(wrong)} as they should be, {len(wrong)} not", *wrong, sep='\n  ')
sys.exit(bool(wrong))
