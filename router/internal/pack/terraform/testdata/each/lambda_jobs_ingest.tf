# jobs/ingest

resource "aws_cloudwatch_log_group" "jobs_ingest" {
  name              = "/aws/lambda/${var.name}-jobs-ingest"
  retention_in_days = var.log_retention
}

data "aws_iam_policy_document" "jobs_ingest" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.jobs_ingest.arn}:*"]
  }
  dynamic "statement" {
    for_each = var.access_key_id == "" ? [1] : []
    content {
      actions   = ["s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"]
      resources = ["arn:${data.aws_partition.current.partition}:s3:::${var.bucket}/*"]
    }
  }
  dynamic "statement" {
    for_each = var.access_key_id == "" ? [1] : []
    content {
      actions   = ["s3:ListBucket", "s3:ListBucketMultipartUploads"]
      resources = ["arn:${data.aws_partition.current.partition}:s3:::${var.bucket}"]
    }
  }
  statement {
    actions   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    resources = ["arn:${data.aws_partition.current.partition}:sqs:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:orders"]
  }
  statement {
    actions   = ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"]
    resources = ["arn:${data.aws_partition.current.partition}:sqs:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:payments.fifo"]
  }
  statement {
    actions   = ["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:ListStreams"]
    resources = ["arn:${data.aws_partition.current.partition}:kinesis:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:stream/clicks"]
  }
  statement {
    actions   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
    resources = ["arn:${data.aws_partition.current.partition}:dynamodb:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:table/carts/stream/*"]
  }
  statement {
    actions   = ["dynamodb:ListStreams"]
    resources = ["*"]
  }
  statement {
    actions   = ["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:ListStreams"]
    resources = ["arn:${data.aws_partition.current.partition}:kinesis:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:stream/views"]
  }
  statement {
    actions   = ["s3:PutObject"]
    resources = ["arn:${data.aws_partition.current.partition}:s3:::shop-failures/*"]
  }
  statement {
    actions   = ["s3:ListBucket"]
    resources = ["arn:${data.aws_partition.current.partition}:s3:::shop-failures"]
  }
  statement {
    actions   = ["kinesis:DescribeStream", "kinesis:DescribeStreamSummary", "kinesis:GetRecords", "kinesis:GetShardIterator", "kinesis:ListShards", "kinesis:ListStreams"]
    resources = ["arn:${data.aws_partition.current.partition}:kinesis:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:stream/taps"]
  }
  statement {
    actions   = ["sns:Publish"]
    resources = ["arn:${data.aws_partition.current.partition}:sns:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:alarms"]
  }
  statement {
    actions   = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
    resources = ["arn:${data.aws_partition.current.partition}:dynamodb:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:table/items/stream/*"]
  }
  statement {
    actions   = ["dynamodb:ListStreams"]
    resources = ["*"]
  }
  statement {
    actions   = ["sqs:SendMessage"]
    resources = ["arn:${data.aws_partition.current.partition}:sqs:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:items-failed"]
  }
}

resource "aws_iam_role" "jobs_ingest" {
  name               = "${var.name}-jobs-ingest"
  assume_role_policy = data.aws_iam_policy_document.lambda.json
}

resource "aws_iam_role_policy" "jobs_ingest" {
  name   = "jobs-ingest"
  role   = aws_iam_role.jobs_ingest.id
  policy = data.aws_iam_policy_document.jobs_ingest.json
}

resource "aws_lambda_function" "jobs_ingest" {
  function_name    = "${var.name}-jobs-ingest"
  description      = "jobs/ingest"
  filename         = "${path.module}/jobs-ingest.zip"
  source_code_hash = filebase64sha256("${path.module}/jobs-ingest.zip")
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = ["arm64"]
  memory_size      = 512
  timeout          = 301
  role             = aws_iam_role.jobs_ingest.arn
  environment {
    variables = {
      ACCESS_KEY_ID                = var.access_key_id
      AWS_S3_URL_STYLE             = var.aws_s3_url_style
      BETTER_AUTH_URL              = var.better_auth_url
      BUCKET                       = var.bucket
      DATABASE_MAX_CONNS           = var.database_max_conns
      DATABASE_UNPOOLED_URL        = lookup(local.secrets, "DATABASE_UNPOOLED_URL", "")
      DATABASE_URL                 = local.secrets["DATABASE_URL"]
      ENDPOINT                     = var.endpoint != "" ? var.endpoint : "https://s3.${data.aws_region.current.region}.${data.aws_partition.current.dns_suffix}"
      EVENTS_RESEND_AFTER          = var.events_resend_after
      INNGEST_APP_ID               = var.inngest_app_id
      INNGEST_BASE_URL             = var.inngest_base_url
      INNGEST_CONNECT              = var.inngest_connect
      INNGEST_DEV                  = var.inngest_dev
      INNGEST_EVENT_KEY            = local.secrets["INNGEST_EVENT_KEY"]
      INNGEST_SERVE_UNTRIED        = var.inngest_serve_untried
      INNGEST_SIGNING_KEY          = local.secrets["INNGEST_SIGNING_KEY"]
      INNGEST_SIGNING_KEY_FALLBACK = lookup(local.secrets, "INNGEST_SIGNING_KEY_FALLBACK", "")
      REGION                       = var.region
      RUNS_KEEP                    = var.runs_keep
      RUNS_KEEP_FOR                = var.runs_keep_for
      SECRET_ACCESS_KEY            = lookup(local.secrets, "SECRET_ACCESS_KEY", "")
    }
  }
  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.jobs_ingest.name
  }
  depends_on = [aws_iam_role_policy.jobs_ingest]
}

resource "aws_lambda_function_url" "jobs_ingest" {
  function_name      = aws_lambda_function.jobs_ingest.function_name
  authorization_type = "NONE"
  invoke_mode        = "BUFFERED"
}

resource "aws_lambda_permission" "jobs_ingest_url" {
  statement_id           = "url"
  action                 = "lambda:InvokeFunctionUrl"
  function_name          = aws_lambda_function.jobs_ingest.function_name
  principal              = "*"
  function_url_auth_type = "NONE"
}

resource "aws_lambda_permission" "jobs_ingest_invoke" {
  statement_id             = "invoke"
  action                   = "lambda:InvokeFunction"
  function_name            = aws_lambda_function.jobs_ingest.function_name
  principal                = "*"
  invoked_via_function_url = true
}

resource "aws_lambda_event_source_mapping" "jobs_ingest_sqs_orders" {
  event_source_arn                   = "arn:${data.aws_partition.current.partition}:sqs:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:orders"
  function_name                      = aws_lambda_function.jobs_ingest.arn
  function_response_types            = ["ReportBatchItemFailures"]
  batch_size                         = 100
  maximum_batching_window_in_seconds = 5
}

resource "aws_lambda_event_source_mapping" "jobs_ingest_sqs_payments_fifo" {
  event_source_arn        = "arn:${data.aws_partition.current.partition}:sqs:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:payments.fifo"
  function_name           = aws_lambda_function.jobs_ingest.arn
  function_response_types = ["ReportBatchItemFailures"]
}

resource "aws_sns_topic_subscription" "jobs_ingest_sns_alerts" {
  topic_arn = "arn:${data.aws_partition.current.partition}:sns:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:alerts"
  protocol  = "lambda"
  endpoint  = aws_lambda_function.jobs_ingest.arn
}

resource "aws_lambda_permission" "jobs_ingest_sns_alerts" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.jobs_ingest.function_name
  principal     = "sns.amazonaws.com"
  source_arn    = "arn:${data.aws_partition.current.partition}:sns:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:alerts"
}

resource "aws_cloudwatch_event_rule" "jobs_ingest_events_aws_ecr_ecr_image_scan" {
  event_pattern = jsonencode({ "detail" : { "scan" : { "status" : ["COMPLETE"] } }, "detail-type" : ["ECR Image Scan"], "source" : ["aws.ecr"] })
}

resource "aws_cloudwatch_event_target" "jobs_ingest_events_aws_ecr_ecr_image_scan" {
  rule = aws_cloudwatch_event_rule.jobs_ingest_events_aws_ecr_ecr_image_scan.name
  arn  = aws_lambda_function.jobs_ingest.arn
}

resource "aws_lambda_permission" "jobs_ingest_events_aws_ecr_ecr_image_scan" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.jobs_ingest.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.jobs_ingest_events_aws_ecr_ecr_image_scan.arn
}

resource "aws_cloudwatch_event_rule" "jobs_ingest_events_shop_cart_abandoned" {
  event_bus_name = "shop"
  event_pattern  = jsonencode({ "detail-type" : ["Abandoned"], "source" : ["shop.cart"] })
}

resource "aws_cloudwatch_event_target" "jobs_ingest_events_shop_cart_abandoned" {
  rule           = aws_cloudwatch_event_rule.jobs_ingest_events_shop_cart_abandoned.name
  arn            = aws_lambda_function.jobs_ingest.arn
  event_bus_name = "shop"
}

resource "aws_lambda_permission" "jobs_ingest_events_shop_cart_abandoned" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.jobs_ingest.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.jobs_ingest_events_shop_cart_abandoned.arn
}

resource "aws_cloudwatch_event_rule" "jobs_ingest_schedule_nightly" {
  name                = "nightly"
  schedule_expression = "cron(0 3 * * ? *)"
}

resource "aws_cloudwatch_event_target" "jobs_ingest_schedule_nightly" {
  rule = aws_cloudwatch_event_rule.jobs_ingest_schedule_nightly.name
  arn  = aws_lambda_function.jobs_ingest.arn
}

resource "aws_lambda_permission" "jobs_ingest_schedule_nightly" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.jobs_ingest.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.jobs_ingest_schedule_nightly.arn
}

resource "aws_lambda_event_source_mapping" "jobs_ingest_kinesis_clicks" {
  event_source_arn               = "arn:${data.aws_partition.current.partition}:kinesis:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:stream/clicks"
  function_name                  = aws_lambda_function.jobs_ingest.arn
  function_response_types        = ["ReportBatchItemFailures"]
  batch_size                     = 50
  starting_position              = "TRIM_HORIZON"
  bisect_batch_on_function_error = true
  parallelization_factor         = 1
}

resource "aws_lambda_event_source_mapping" "jobs_ingest_dynamodb_carts" {
  event_source_arn                   = data.aws_dynamodb_table.carts.stream_arn
  function_name                      = aws_lambda_function.jobs_ingest.arn
  function_response_types            = ["ReportBatchItemFailures"]
  maximum_batching_window_in_seconds = 1
  starting_position                  = "LATEST"
  bisect_batch_on_function_error     = true
  parallelization_factor             = 1
}

resource "aws_lambda_event_source_mapping" "jobs_ingest_kinesis_views" {
  event_source_arn               = "arn:${data.aws_partition.current.partition}:kinesis:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:stream/views"
  function_name                  = aws_lambda_function.jobs_ingest.arn
  function_response_types        = ["ReportBatchItemFailures"]
  starting_position              = "LATEST"
  maximum_retry_attempts         = 19
  maximum_record_age_in_seconds  = 86400
  bisect_batch_on_function_error = false
  parallelization_factor         = 4
  destination_config {
    on_failure {
      destination_arn = "arn:${data.aws_partition.current.partition}:s3:::shop-failures"
    }
  }
}

resource "aws_lambda_event_source_mapping" "jobs_ingest_kinesis_taps" {
  event_source_arn               = "arn:${data.aws_partition.current.partition}:kinesis:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:stream/taps"
  function_name                  = aws_lambda_function.jobs_ingest.arn
  function_response_types        = ["ReportBatchItemFailures"]
  starting_position              = "LATEST"
  maximum_retry_attempts         = 99
  bisect_batch_on_function_error = true
  parallelization_factor         = 1
  destination_config {
    on_failure {
      destination_arn = "arn:${data.aws_partition.current.partition}:sns:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:alarms"
    }
  }
}

resource "aws_lambda_event_source_mapping" "jobs_ingest_dynamodb_items" {
  event_source_arn               = data.aws_dynamodb_table.items.stream_arn
  function_name                  = aws_lambda_function.jobs_ingest.arn
  function_response_types        = ["ReportBatchItemFailures"]
  starting_position              = "LATEST"
  maximum_record_age_in_seconds  = 3600
  bisect_batch_on_function_error = true
  parallelization_factor         = 1
  destination_config {
    on_failure {
      destination_arn = "arn:${data.aws_partition.current.partition}:sqs:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:items-failed"
    }
  }
}

resource "aws_cloudwatch_event_rule" "jobs_ingest_sweep" {
  name                = "${var.name}-jobs-ingest-sweep"
  description         = "Sends the events that were left in the database"
  schedule_expression = "rate(1 minute)"
}

resource "aws_cloudwatch_event_target" "jobs_ingest_sweep" {
  rule  = aws_cloudwatch_event_rule.jobs_ingest_sweep.name
  arn   = aws_lambda_function.jobs_ingest.arn
  input = "{\"switchyard\":\"sweep\"}"
}

resource "aws_lambda_permission" "jobs_ingest_sweep" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.jobs_ingest.function_name
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.jobs_ingest_sweep.arn
}
