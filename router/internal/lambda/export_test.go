package lambda

// Stream is what aws-lambda-go calls in streaming mode.
var Stream = (*Host).stream

// Members returns the keys of a JSON object.
func Members(object []byte) (keys []string) {
	for key := range members(object) {
		keys = append(keys, string(key))
	}
	return keys
}
