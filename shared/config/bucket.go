package config

// Bucket is where files are kept: any S3-compatible store. Railway names the
// variables as here, or as the AWS SDKs do.
type Bucket struct {
	Name            string `env:"BUCKET" also:"AWS_S3_BUCKET_NAME" required:"true" use:"the bucket's name"`
	AccessKeyID     string `env:"ACCESS_KEY_ID" also:"AWS_ACCESS_KEY_ID" required:"true" use:"the bucket's access key"`
	SecretAccessKey Secret `env:"SECRET_ACCESS_KEY" also:"AWS_SECRET_ACCESS_KEY" required:"true" use:"the secret of the bucket's access key"`
	Endpoint        URL    `env:"ENDPOINT" also:"AWS_ENDPOINT_URL" required:"true" use:"the URL of the S3 server: https://storage.railway.app"`
	Region          string `env:"REGION" also:"AWS_REGION,AWS_DEFAULT_REGION" default:"auto" use:"the bucket's region"`
	// URLStyle is where the bucket's name stands: virtual, in the host name; or
	// path. See [Bucket.PathStyle].
	URLStyle string `env:"AWS_S3_URL_STYLE" default:"auto" use:"virtual, path, or auto: path if ENDPOINT is an address"`
	Role
}

// Role is what AWS gives a program that runs in a role: a key, its secret, and a token. All
// three are needed together. A bucket is used with them if no key of its own is set.
type Role struct {
	RoleKeyID  string `env:"AWS_ACCESS_KEY_ID" use:"the access key that AWS gives to what runs in a role"`
	RoleSecret Secret `env:"AWS_SECRET_ACCESS_KEY" use:"the secret of AWS_ACCESS_KEY_ID"`
	RoleToken  Secret `env:"AWS_SESSION_TOKEN" use:"the token that AWS_ACCESS_KEY_ID is good for nothing without, if it is a role's"`
}

// Check implements [Checker].
func (b Bucket) Check(report func(name, problem string)) {
	checkOneOf(report, "AWS_S3_URL_STYLE", b.URLStyle, "auto", "virtual", "path")
	if b.RoleToken == "" { // any key and secret may be a pair
		return
	}
	if own := b.AccessKeyID != b.RoleKeyID; own && b.SecretAccessKey == b.RoleSecret {
		report("SECRET_ACCESS_KEY", "is not set, but ACCESS_KEY_ID is; the secret of AWS's role is none for it")
	} else if !own && b.SecretAccessKey != b.RoleSecret {
		report("ACCESS_KEY_ID", "is not set, but SECRET_ACCESS_KEY is; it is no secret for the key of AWS's role")
	}
}

// SessionToken returns the token that goes with the access key: that of the role if the
// key is the role's, else "". A key of its own is never sent with the role's token.
func (b Bucket) SessionToken() Secret {
	if b.AccessKeyID != b.RoleKeyID {
		return ""
	}
	return b.RoleToken
}

// Permissions implements [Permitted]: what package bucket does with one bucket. It asks to
// list the bucket as well: without that right, S3 answers 403 in place of 404 for an object
// that is not there.
func (Bucket) Permissions() []Permission {
	return []Permission{
		{
			Actions:   []string{"s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject"},
			Resources: []string{"s3:::${BUCKET}/*"}, Unless: "ACCESS_KEY_ID",
		},
		{Actions: []string{"s3:ListBucket", "s3:ListBucketMultipartUploads"}, Resources: []string{"s3:::${BUCKET}"}, Unless: "ACCESS_KEY_ID"},
	}
}

// PathStyle reports whether the bucket's name stands in the path of its URLs, and not in
// their host name.
func (b Bucket) PathStyle() bool {
	return b.URLStyle == "path" || (b.URLStyle == "auto" && b.Endpoint.IsLocal())
}
