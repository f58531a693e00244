"""Deploys a package to moto's CloudFormation, first the bucket and then the stack, as `serverless deploy` does.

Prints the result as JSON. The CloudFormation of moto has no HTTP APIs and no secrets.
"""

import json
import pathlib
import sys

import boto3
from moto import mock_aws

STACK = 'license-authority'
REGION = 'us-east-1'


def client(name):
    return boto3.client(name, region_name=REGION)


@mock_aws
def deploy(folder):
    cloudformation, bucket_of_code = client('cloudformation'), client('s3')
    create, update = (
        (folder / f'cloudformation-template-{kind}-stack.json').read_text()
        for kind in ('create', 'update')
    )
    capabilities = ['CAPABILITY_NAMED_IAM']
    cloudformation.create_stack(StackName=STACK, TemplateBody=create, Capabilities=capabilities)
    bucket = cloudformation.describe_stack_resource(
        StackName=STACK, LogicalResourceId='ServerlessDeploymentBucket'
    )['StackResourceDetail']['PhysicalResourceId']
    for resource in json.loads(update)['Resources'].values():
        if resource['Type'] == 'AWS::Lambda::Function':
            key = resource['Properties']['Code']['S3Key']
            code = (folder / pathlib.PurePosixPath(key).name).read_bytes()
            bucket_of_code.put_object(Bucket=bucket, Key=key, Body=code)
    cloudformation.update_stack(StackName=STACK, TemplateBody=update, Capabilities=capabilities)
    stack = cloudformation.describe_stacks(StackName=STACK)['Stacks'][0]
    functions = client('lambda').list_functions()['Functions']
    return {
        'status': stack['StackStatus'],
        'tables': client('dynamodb').list_tables()['TableNames'],
        'functions': {
            function['FunctionName']: [
                function['Runtime'],
                function['Role'].rpartition('-')[0].rpartition('-')[2],
            ]
            for function in functions
        },
    }


print(json.dumps(deploy(pathlib.Path(sys.argv[1]))))
