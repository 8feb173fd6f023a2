# What differs between deployments. An empty text is the program's own default.

variable "name" {
  description = "What the names of all Lambdas begin with"
  type        = string
  default     = "shop"
}

variable "log_retention" {
  description = "How many days logs are kept"
  type        = number
  default     = 30
}

variable "secrets" {
  description = "The name or the ARN of the secret in AWS Secrets Manager: a JSON object that has BETTER_AUTH_SECRET, DATABASE_URL, INNGEST_EVENT_KEY, INNGEST_SIGNING_KEY, and if wanted BETTER_AUTH_SECRETS, DATABASE_UNPOOLED_URL, GITHUB_CLIENT_SECRET, GOOGLE_CLIENT_SECRET, INNGEST_SIGNING_KEY_FALLBACK, SECRET_ACCESS_KEY, SMTP_URL"
  type        = string
  default     = "shop"
}

variable "access_key_id" {
  description = "ACCESS_KEY_ID: the bucket's access key"
  type        = string
  nullable    = false
  default     = ""
}

variable "auth_confirm_delete" {
  description = "AUTH_CONFIRM_DELETE: whether deleting an account is confirmed by mail; off if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "auth_confirm_email_change" {
  description = "AUTH_CONFIRM_EMAIL_CHANGE: whether the old address has to agree to a new one; off if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "auth_cookie_cache" {
  description = "AUTH_COOKIE_CACHE: how long a signed copy of the session in a cookie saves asking the database: off, or 5m; off if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "auth_rate_limit" {
  description = "AUTH_RATE_LIMIT: whether requests to /api/auth are limited by address; on if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "auth_require_verified_email" {
  description = "AUTH_REQUIRE_VERIFIED_EMAIL: whether signing in needs a verified e-mail address; off if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "auth_revoke_sessions_on_reset" {
  description = "AUTH_REVOKE_SESSIONS_ON_RESET: whether resetting the password signs out everywhere; off if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "auth_secure_cookies" {
  description = "AUTH_SECURE_COOKIES: whether cookies are for https alone: on, off, or auto: as BETTER_AUTH_URL is; auto if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "auth_sign_in_after_verification" {
  description = "AUTH_SIGN_IN_AFTER_VERIFICATION: whether opening the link in it signs in; off if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "auth_verify_on_sign_in" {
  description = "AUTH_VERIFY_ON_SIGN_IN: whether signing in with an unverified address sends another one; off if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "auth_verify_on_sign_up" {
  description = "AUTH_VERIFY_ON_SIGN_UP: whether signing up sends a verification mail; auto: if AUTH_REQUIRE_VERIFIED_EMAIL; auto if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "aws_s3_url_style" {
  description = "AWS_S3_URL_STYLE: virtual, path, or auto: path if ENDPOINT is an address; auto if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "better_auth_names" {
  description = "BETTER_AUTH_NAMES: what the database calls Better Auth's tables and columns: snake_case, plural, snake_case,plural, or modelName and fields of its options in JSON; as Better Auth does by itself if not set"
  type        = string
  nullable    = false
  default     = ""
}

variable "better_auth_trusted_origins" {
  description = "BETTER_AUTH_TRUSTED_ORIGINS: other origins that may call and be led to: https://app.example,https://*.example"
  type        = string
  nullable    = false
  default     = ""
}

variable "better_auth_url" {
  description = "BETTER_AUTH_URL: the public URL of this service"
  type        = string
  nullable    = false
}

variable "bucket" {
  description = "BUCKET: the bucket's name"
  type        = string
  nullable    = false
}

variable "client_ip_header" {
  description = "CLIENT_IP_HEADER: the header in which TRUSTED_PROXIES say who calls, if not X-Forwarded-For, such as CF-Connecting-IP; X-Real-IP on Railway"
  type        = string
  nullable    = false
  default     = ""
}

variable "database_max_conns" {
  description = "DATABASE_MAX_CONNS: how many connections one process opens at most; 2 on Lambda; 10 if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "endpoint" {
  description = "ENDPOINT: the URL of the S3 server: https://storage.railway.app; S3 in this region if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "events_resend_after" {
  description = "EVENTS_RESEND_AFTER: how long Inngest may take to begin the runs of an event before it is sent again; 30s if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "github_api_url" {
  description = "GITHUB_API_URL: its API; https://api.github.com if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "github_client_id" {
  description = "GITHUB_CLIENT_ID: sign in with GitHub: the OAuth app's id"
  type        = string
  nullable    = false
  default     = ""
}

variable "github_url" {
  description = "GITHUB_URL: another GitHub; https://github.com if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "google_auth_url" {
  description = "GOOGLE_AUTH_URL: where Google asks its users; https://accounts.google.com/o/oauth2/v2/auth if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "google_client_id" {
  description = "GOOGLE_CLIENT_ID: sign in with Google: the OAuth client's id"
  type        = string
  nullable    = false
  default     = ""
}

variable "google_keys_url" {
  description = "GOOGLE_KEYS_URL: where Google publishes its keys; https://www.googleapis.com/oauth2/v3/certs if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "google_token_url" {
  description = "GOOGLE_TOKEN_URL: where Google gives out tokens; https://oauth2.googleapis.com/token if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "inngest_app_id" {
  description = "INNGEST_APP_ID: what Inngest knows this app by, unlike any other on the same server; the last element of the module's path if not set"
  type        = string
  nullable    = false
  default     = ""
}

variable "inngest_base_url" {
  description = "INNGEST_BASE_URL: the URL of a self-hosted Inngest server; Inngest's cloud if not set"
  type        = string
  nullable    = false
  default     = ""
}

variable "inngest_connect" {
  description = "INNGEST_CONNECT: on: jobs are called over a connection that this service opens to Inngest, so that it needs no URL; off if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "inngest_dev" {
  description = "INNGEST_DEV: development only: 1 or the URL of a development server; turns signatures off; 0 if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "inngest_serve_untried" {
  description = "INNGEST_SERVE_UNTRIED: on: jobs are registered though this service cannot reach itself at the URL that Inngest is told; off if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "mail_file" {
  description = "MAIL_FILE: the file that MAIL_SINK=file appends to, one JSON object a line; mail.jsonl if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "mail_from" {
  description = "MAIL_FROM: who mail comes from: Orders <orders@example.com>; needed with SMTP_URL"
  type        = string
  nullable    = false
  default     = ""
}

variable "mail_sink" {
  description = "MAIL_SINK: smtp, or file: write mail to MAIL_FILE and send none; smtp if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "region" {
  description = "REGION: the bucket's region; auto if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "runs_keep" {
  description = "RUNS_KEEP: how many of them are remembered with their steps; 100000 if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "runs_keep_for" {
  description = "RUNS_KEEP_FOR: how long runs that have ended are remembered: 48h or longer; 48h if empty"
  type        = string
  nullable    = false
  default     = ""
}

variable "trusted_proxies" {
  description = "TRUSTED_PROXIES: whose word counts about who calls: how many proxies stand before the router, or their networks: 10.0.0.0/8,2001:db8::/32; none if not set, but 1 on Railway"
  type        = string
  nullable    = false
  default     = ""
}
