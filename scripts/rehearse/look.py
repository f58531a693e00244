"""Prints what moto has of a stack, as JSON: its resources, each with its properties under CloudFormation's names.

The argument is the stack. Without one, it looks again for the resources that it printed, which it is given as input.
Properties are null where a resource is gone, and where its type has no reader here.
"""

import ast
import json
import sys
from contextlib import suppress
from functools import cache

import boto3
from botocore.exceptions import ClientError

client = cache(boto3.client)


def function(name):
    found = client('lambda').get_function(FunctionName=name)
    reserved = found.get('Concurrency', {}).get('ReservedConcurrentExecutions')
    return found['Configuration'] | {'ReservedConcurrentExecutions': reserved}


def mapping(uuid):
    found = client('lambda').get_event_source_mapping(UUID=uuid)
    return found | {
        'FunctionName': found['FunctionArn'].rpartition(':')[2],
        'Enabled': found['State'] == 'Enabled',
    }


def table(name):
    dynamodb = client('dynamodb')
    found = dynamodb.describe_table(TableName=name)['Table']
    lives = dynamodb.describe_time_to_live(TableName=name)['TimeToLiveDescription']
    backups = dynamodb.describe_continuous_backups(TableName=name)['ContinuousBackupsDescription']
    recovery = backups['PointInTimeRecoveryDescription']['PointInTimeRecoveryStatus']
    encryption = found.get('SSEDescription', {})
    return found | {
        'BillingMode': found.get('BillingModeSummary', {}).get('BillingMode'),
        'TimeToLiveSpecification': {
            'AttributeName': lives.get('AttributeName'),
            'Enabled': lives['TimeToLiveStatus'] == 'ENABLED',
        },
        'PointInTimeRecoverySpecification': {'PointInTimeRecoveryEnabled': recovery == 'ENABLED'},
        'SSESpecification': {
            'SSEEnabled': encryption.get('Status') == 'ENABLED',
            'SSEType': encryption.get('SSEType'),
            'KMSMasterKeyId': encryption.get('KMSMasterKeyArn'),
        },
    }


def queue(url):
    found = client('sqs').get_queue_attributes(QueueUrl=url, AttributeNames=['All'])['Attributes']
    return found | {'QueueName': url.rpartition('/')[2]}


def topic(arn):
    return client('sns').get_topic_attributes(TopicArn=arn)['Attributes'] | {
        'TopicName': arn.rpartition(':')[2]
    }


def secret(arn):
    return client('secretsmanager').describe_secret(SecretId=arn)


def alarm(name):
    found = client('cloudwatch').describe_alarms(AlarmNames=[name])['MetricAlarms']
    return found[0] if found else None


def dashboard(name):
    return client('cloudwatch').get_dashboard(DashboardName=name)


def rule(name):
    found = client('events').describe_rule(Name=name)
    return found | {'Targets': client('events').list_targets_by_rule(Rule=name)['Targets']}


def log_group(name):
    found = client('logs').describe_log_groups(logGroupNamePrefix=name)['logGroups']
    ours = [each for each in found if each['logGroupName'] == name]
    return {word[0].upper() + word[1:]: ours[0][word] for word in ours[0]} if ours else None


def role(name):
    iam = client('iam')
    names = iam.list_role_policies(RoleName=name)['PolicyNames']
    policies = [iam.get_role_policy(RoleName=name, PolicyName=policy) for policy in names]
    return iam.get_role(RoleName=name)['Role'] | {
        # moto keeps what CloudFormation gave it as Python writes it.
        'Policies': [
            each | {'PolicyDocument': ast.literal_eval(each['PolicyDocument'])} for each in policies
        ]
    }


def key(name):
    kms = client('kms')
    # moto fails to describe a key that its CloudFormation made.
    return {
        'EnableKeyRotation': kms.get_key_rotation_status(KeyId=name)['KeyRotationEnabled'],
        'KeyPolicy': kms.get_key_policy(KeyId=name, PolicyName='default')['Policy'],
    }


def bucket(name):
    encryption = client('s3').get_bucket_encryption(Bucket=name)['ServerSideEncryptionConfiguration']
    return {
        'BucketName': name,
        'BucketEncryption': {
            'ServerSideEncryptionConfiguration': [
                {'ServerSideEncryptionByDefault': each['ApplyServerSideEncryptionByDefault']}
                for each in encryption['Rules']
            ]
        },
    }


READERS = {
    'AWS::CloudWatch::Alarm': alarm,
    'AWS::CloudWatch::Dashboard': dashboard,
    'AWS::DynamoDB::Table': table,
    'AWS::Events::Rule': rule,
    'AWS::IAM::Role': role,
    'AWS::KMS::Key': key,
    'AWS::Lambda::EventSourceMapping': mapping,
    'AWS::Lambda::Function': function,
    'AWS::Logs::LogGroup': log_group,
    'AWS::S3::Bucket': bucket,
    'AWS::SecretsManager::Secret': secret,
    'AWS::SNS::Topic': topic,
    'AWS::SQS::Queue': queue,
}


def properties(resource):
    reader = READERS.get(resource['type'])
    with suppress(ClientError):
        return reader and reader(resource['id'])


def resources(stack):
    pages = client('cloudformation').get_paginator('list_stack_resources').paginate(StackName=stack)
    for each in (each for page in pages for each in page['StackResourceSummaries']):
        # moto lists what it does not know too, without a type.
        if each['ResourceType']:
            yield {
                'name': each['LogicalResourceId'],
                'type': each['ResourceType'],
                'id': each['PhysicalResourceId'],
            }


asked = resources(sys.argv[1]) if len(sys.argv) > 1 else json.load(sys.stdin)
print(json.dumps([each | {'properties': properties(each)} for each in asked], default=str))
