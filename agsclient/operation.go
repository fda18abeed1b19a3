package agsclient

import "context"

type operationKey struct{}

// WithOperation says what the requests that are sent with this context are for.
func WithOperation(ctx context.Context, op string) context.Context {
	return context.WithValue(ctx, operationKey{}, op)
}

// Operation tells what a request is for, in the words of [Error].Op ("post
// score", "read results", "get token"). It is for RoundTrippers that count or
// trace; "" is for a request whose sender did not say.
func Operation(ctx context.Context) string {
	op, _ := ctx.Value(operationKey{}).(string)
	return op
}
