# pages/assets

resource "aws_cloudwatch_log_group" "pages_assets" {
  name              = "/aws/lambda/${var.name}-pages-assets"
  retention_in_days = var.log_retention
}

data "aws_iam_policy_document" "pages_assets" {
  statement {
    actions   = ["logs:CreateLogStream", "logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.pages_assets.arn}:*"]
  }
}

resource "aws_iam_role" "pages_assets" {
  name               = "${var.name}-pages-assets"
  assume_role_policy = data.aws_iam_policy_document.lambda.json
}

resource "aws_iam_role_policy" "pages_assets" {
  name   = "pages-assets"
  role   = aws_iam_role.pages_assets.id
  policy = data.aws_iam_policy_document.pages_assets.json
}

resource "aws_lambda_function" "pages_assets" {
  function_name    = "${var.name}-pages-assets"
  description      = "pages/assets"
  filename         = "${path.module}/pages-assets.zip"
  source_code_hash = filebase64sha256("${path.module}/pages-assets.zip")
  runtime          = "provided.al2023"
  handler          = "bootstrap"
  architectures    = ["arm64"]
  memory_size      = 512
  timeout          = 31
  role             = aws_iam_role.pages_assets.arn
  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.pages_assets.name
  }
  depends_on = [aws_iam_role_policy.pages_assets]
}

resource "aws_apigatewayv2_integration" "pages_assets" {
  api_id                 = aws_apigatewayv2_api.api.id
  integration_type       = "AWS_PROXY"
  integration_uri        = aws_lambda_function.pages_assets.invoke_arn
  payload_format_version = "2.0"
}

resource "aws_apigatewayv2_route" "pages_assets" {
  for_each  = toset(["GET /assets", "GET /assets/{proxy+}", "HEAD /assets", "HEAD /assets/{proxy+}", "OPTIONS /assets", "OPTIONS /assets/{proxy+}"])
  api_id    = aws_apigatewayv2_api.api.id
  route_key = each.value
  target    = "integrations/${aws_apigatewayv2_integration.pages_assets.id}"
}

resource "aws_lambda_permission" "pages_assets_api" {
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.pages_assets.function_name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_apigatewayv2_api.api.execution_arn}/*"
}
