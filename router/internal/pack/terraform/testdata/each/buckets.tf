# What buckets announce. Each has one configuration, which this replaces.

resource "aws_lambda_permission" "jobs_ingest_shop_uploads" {
  action         = "lambda:InvokeFunction"
  function_name  = aws_lambda_function.jobs_ingest.function_name
  principal      = "s3.amazonaws.com"
  source_arn     = "arn:${data.aws_partition.current.partition}:s3:::shop-uploads"
  source_account = data.aws_caller_identity.current.account_id
}

resource "aws_s3_bucket_notification" "shop_uploads" {
  bucket = "shop-uploads"
  lambda_function {
    lambda_function_arn = aws_lambda_function.jobs_ingest.arn
    events              = ["s3:ObjectCreated:*"]
    filter_prefix       = "in/"
    filter_suffix       = ".jpg"
  }
  lambda_function {
    lambda_function_arn = aws_lambda_function.jobs_ingest.arn
    events              = ["s3:ObjectRemoved:*"]
  }
  depends_on = [aws_lambda_permission.jobs_ingest_shop_uploads]
}
