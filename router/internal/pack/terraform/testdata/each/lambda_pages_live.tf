# pages/live

resource "aws_cloudwatch_log_group" "pages_live" {
  name              = "/aws/lambda/${var.name}-pages-live"
  retention_in_days = var.log_retention
}

data "aws_iam_policy_document" "pages_live" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.pages_live.arn}:*"]
  }
}

resource "aws_iam_role" "pages_live" {
  name               = "${var.name}-pages-live"
  assume_role_policy = data.aws_iam_policy_document.lambda.json
}

resource "aws_iam_role_policy" "pages_live" {
  name   = "pages-live"
  role   = aws_iam_role.pages_live.id
  policy = data.aws_iam_policy_document.pages_live.json
}

resource "aws_lambda_function" "pages_live" {
  function_name    = "${var.name}-pages-live"
  description      = "pages/live"
  filename         = "${path.module}/pages-live.zip"
  source_code_hash = filebase64sha256("${path.module}/pages-live.zip")
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = ["arm64"]
  memory_size      = 512
  timeout          = 31
  role             = aws_iam_role.pages_live.arn
  environment {
    variables = {
      DATABASE_MAX_CONNS     = var.database_max_conns
      DATABASE_UNPOOLED_URL  = lookup(local.secrets, "DATABASE_UNPOOLED_URL", "")
      DATABASE_URL           = local.secrets["DATABASE_URL"]
      LAMBDA_RESPONSE_STREAM = "on"
    }
  }
  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.pages_live.name
  }
  depends_on = [aws_iam_role_policy.pages_live]
}

resource "aws_lambda_function_url" "pages_live" {
  function_name      = aws_lambda_function.pages_live.function_name
  authorization_type = "NONE"
  invoke_mode        = "RESPONSE_STREAM"
}

resource "aws_lambda_permission" "pages_live_url" {
  statement_id           = "url"
  action                 = "lambda:InvokeFunctionUrl"
  function_name          = aws_lambda_function.pages_live.function_name
  principal              = "*"
  function_url_auth_type = "NONE"
}

resource "aws_lambda_permission" "pages_live_invoke" {
  statement_id             = "invoke"
  action                   = "lambda:InvokeFunction"
  function_name            = aws_lambda_function.pages_live.function_name
  principal                = "*"
  invoked_via_function_url = true
}
