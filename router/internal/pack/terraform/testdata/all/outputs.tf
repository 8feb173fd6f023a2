# Where the functions are reached.

output "urls" {
  description = "The function URLs, by Lambda"
  value = {
    "shop" = aws_lambda_function_url.shop.function_url
  }
}

output "remote" {
  description = "SWITCHYARD_REMOTE of a router that forwards to these functions"
  value = join(",", [for name, url in {
    "api/files/create" = aws_lambda_function_url.shop.function_url
    "api/files/get"    = aws_lambda_function_url.shop.function_url
    "pages/assets"     = aws_lambda_function_url.shop.function_url
    "pages/live"       = aws_lambda_function_url.shop.function_url
    "jobs/ingest"      = aws_lambda_function_url.shop.function_url
  } : "${name}=${url}"])
}
