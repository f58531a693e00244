"""Serves moto on 127.0.0.1, at the port of its argument, until its standard input ends.

It goes on in two cases in which moto's own server stops: cfn-lint warns of a template, and a template asks for an
attribute of something that moto does not make.
"""

import json
import os
import sys
import threading

from moto.cloudformation import models, parsing
from moto.server import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import run_simple

lint = models.validate_template_cfn_lint
clean = parsing.clean_json


def errors(template):
    resources = json.loads(template)['Resources']
    return [
        match
        for match in lint(template)
        if match.rule.severity == 'error'
        # What a condition leaves out may have no values: cfn-lint looks at it all the same.
        and not any('Condition' in resources.get(name, {}) for name in match.path[1:2])
    ]


def clean_as_far_as_made(value, resources):
    """Leaves out what cannot be known, as moto does itself with what is named by Ref."""
    if isinstance(value, dict) and 'Fn::GetAtt' in value:
        name = value['Fn::GetAtt'][0]
        if resources._resource_json_map.get(name) and resources.get(name) is None:
            return None
    return clean(value, resources)


def end_with_the_caller():
    sys.stdin.read()
    os._exit(0)


models.validate_template_cfn_lint = errors
parsing.clean_json = clean_as_far_as_made
threading.Thread(target=end_with_the_caller, daemon=True).start()
app = DomainDispatcherApplication(create_backend_app)
run_simple('127.0.0.1', int(sys.argv[1]), app, threaded=True)
