package config

// Permission is what a program has to be allowed by the platform that it runs on, in the
// terms of AWS IAM. Elsewhere it means nothing.
type Permission struct {
	Actions []string // "s3:GetObject"
	// Resources are ARNs without their partition: "s3:::${BUCKET}/*". ${NAME} stands for
	// the value of a variable of the same section.
	Resources []string
	// Unless is a variable of the same section: while it is set, other credentials than
	// the platform's are in use, and the permission is not called for.
	Unless string
}

// Permitted is a section that is of use only to who has permissions. Permissions does
// not depend on the section's values.
type Permitted interface {
	Permissions() []Permission
}

// PermissionsOf lists the permissions that the section T calls for.
func PermissionsOf[T any]() []Permission {
	var section T
	if p, ok := any(section).(Permitted); ok {
		return p.Permissions()
	}
	return nil
}
