# api/files/create

resource "aws_cloudwatch_log_group" "api_files_create" {
  name              = "/aws/lambda/${var.name}-api-files-create"
  retention_in_days = var.log_retention
}

data "aws_iam_policy_document" "api_files_create" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.api_files_create.arn}:*"]
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
}

resource "aws_iam_role" "api_files_create" {
  name               = "${var.name}-api-files-create"
  assume_role_policy = data.aws_iam_policy_document.lambda.json
}

resource "aws_iam_role_policy" "api_files_create" {
  name   = "api-files-create"
  role   = aws_iam_role.api_files_create.id
  policy = data.aws_iam_policy_document.api_files_create.json
}

resource "aws_lambda_function" "api_files_create" {
  function_name                  = "${var.name}-api-files-create"
  description                    = "api/files/create"
  filename                       = "${path.module}/api-files-create.zip"
  source_code_hash               = filebase64sha256("${path.module}/api-files-create.zip")
  runtime                        = "provided.al2023"
  handler                        = "bootstrap"
  architectures                  = ["arm64"]
  memory_size                    = 512
  timeout                        = 31
  reserved_concurrent_executions = 20
  role                           = aws_iam_role.api_files_create.arn
  environment {
    variables = {
      ACCESS_KEY_ID                   = var.access_key_id
      AUTH_CONFIRM_DELETE             = var.auth_confirm_delete
      AUTH_CONFIRM_EMAIL_CHANGE       = var.auth_confirm_email_change
      AUTH_COOKIE_CACHE               = var.auth_cookie_cache
      AUTH_RATE_LIMIT                 = var.auth_rate_limit
      AUTH_REQUIRE_VERIFIED_EMAIL     = var.auth_require_verified_email
      AUTH_REVOKE_SESSIONS_ON_RESET   = var.auth_revoke_sessions_on_reset
      AUTH_SECURE_COOKIES             = var.auth_secure_cookies
      AUTH_SIGN_IN_AFTER_VERIFICATION = var.auth_sign_in_after_verification
      AUTH_VERIFY_ON_SIGN_IN          = var.auth_verify_on_sign_in
      AUTH_VERIFY_ON_SIGN_UP          = var.auth_verify_on_sign_up
      AWS_S3_URL_STYLE                = var.aws_s3_url_style
      BETTER_AUTH_NAMES               = var.better_auth_names
      BETTER_AUTH_SECRET              = local.secrets["BETTER_AUTH_SECRET"]
      BETTER_AUTH_SECRETS             = lookup(local.secrets, "BETTER_AUTH_SECRETS", "")
      BETTER_AUTH_TRUSTED_ORIGINS     = var.better_auth_trusted_origins
      BETTER_AUTH_URL                 = var.better_auth_url
      BUCKET                          = var.bucket
      CLIENT_IP_HEADER                = var.client_ip_header
      DATABASE_MAX_CONNS              = var.database_max_conns
      DATABASE_UNPOOLED_URL           = lookup(local.secrets, "DATABASE_UNPOOLED_URL", "")
      DATABASE_URL                    = local.secrets["DATABASE_URL"]
      ENDPOINT                        = var.endpoint != "" ? var.endpoint : "https://s3.${data.aws_region.current.region}.${data.aws_partition.current.dns_suffix}"
      GITHUB_API_URL                  = var.github_api_url
      GITHUB_CLIENT_ID                = var.github_client_id
      GITHUB_CLIENT_SECRET            = lookup(local.secrets, "GITHUB_CLIENT_SECRET", "")
      GITHUB_URL                      = var.github_url
      GOOGLE_AUTH_URL                 = var.google_auth_url
      GOOGLE_CLIENT_ID                = var.google_client_id
      GOOGLE_CLIENT_SECRET            = lookup(local.secrets, "GOOGLE_CLIENT_SECRET", "")
      GOOGLE_KEYS_URL                 = var.google_keys_url
      GOOGLE_TOKEN_URL                = var.google_token_url
      MAIL_FILE                       = var.mail_file
      MAIL_FROM                       = var.mail_from
      MAIL_SINK                       = var.mail_sink
      REGION                          = var.region
      SECRET_ACCESS_KEY               = lookup(local.secrets, "SECRET_ACCESS_KEY", "")
      SMTP_URL                        = lookup(local.secrets, "SMTP_URL", "")
      TRUSTED_PROXIES                 = var.trusted_proxies
    }
  }
  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.api_files_create.name
  }
  depends_on = [aws_iam_role_policy.api_files_create]
}

resource "aws_apigatewayv2_integration" "api_files_create" {
  api_id                 = aws_apigatewayv2_api.api.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.api_files_create.invoke_arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_route" "api_files_create" {
  for_each  = toset(["POST /api/files", "OPTIONS /api/files"])
  api_id    = aws_apigatewayv2_api.api.id
  route_key = each.value
  target    = "integrations/${aws_apigatewayv2_integration.api_files_create.id}"
}

resource "aws_lambda_permission" "api_files_create_api" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.api_files_create.function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.api.execution_arn}/*"
}
