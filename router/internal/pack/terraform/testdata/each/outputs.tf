# Where the functions are reached.

output "api_url" {
  description = "The HTTP API, to which all functions but those with a URL of their own belong"
  value       = aws_apigatewayv2_api.api.api_endpoint
}

output "urls" {
  description = "The function URLs, by Lambda"
  value = {
    "pages-live"  = aws_lambda_function_url.pages_live.function_url
    "jobs-ingest" = aws_lambda_function_url.jobs_ingest.function_url
  }
}

output "remote" {
  description = "SWITCHYARD_REMOTE of a router that forwards to these functions"
  value = join(",", [for name, url in {
    "api/files/create" = aws_apigatewayv2_api.api.api_endpoint
    "api/files/get"    = aws_apigatewayv2_api.api.api_endpoint
    "pages/assets"     = aws_apigatewayv2_api.api.api_endpoint
    "pages/live"       = aws_lambda_function_url.pages_live.function_url
    "jobs/ingest"      = aws_lambda_function_url.jobs_ingest.function_url
  } : "${name}=${url}"])
}
