# shop on AWS Lambda, written by router package. Apply it from this folder:
#   terraform init && terraform apply
# Of what is there already, the queue orders needs a visibility timeout of 301 s at least, the timeout of jobs-ingest.
# Of what is there already, the queue payments.fifo needs a visibility timeout of 301 s at least, the timeout of jobs-ingest.
# Of what is there already, the table carts needs a stream.
# Of what is there already, the bucket shop-failures gets what cannot be taken.
# Of what is there already, the topic alarms gets what cannot be taken.
# Of what is there already, the table items needs a stream.
# Of what is there already, the queue items-failed gets what cannot be taken.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.29"
    }
  }
}

data "aws_caller_identity" "current" {
}

data "aws_partition" "current" {
}

data "aws_region" "current" {
}

data "aws_iam_policy_document" "lambda" {
  statement {
    actions = ["sts:AssumeRole"]
    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

data "aws_secretsmanager_secret_version" "secrets" {
  secret_id = var.secrets
}

locals {
  secrets = jsondecode(data.aws_secretsmanager_secret_version.secrets.secret_string)
}

data "aws_dynamodb_table" "carts" {
  name = "carts"
}

data "aws_dynamodb_table" "items" {
  name = "items"
}
