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

type repeatKey struct{}

// WithRepeat says whether what is sent with this context was sent before, and failed.
func WithRepeat(ctx context.Context, again bool) context.Context {
	return context.WithValue(ctx, repeatKey{}, again)
}

// Repeat tells whether a request was sent before, for RoundTrippers that count; told
// is false where its sender did not say.
func Repeat(ctx context.Context) (again, told bool) {
	again, told = ctx.Value(repeatKey{}).(bool)
	return again, told
}

type courseKey struct{}

// WithCourse says which course the requests that are sent with this context are
// about: any value that can be compared, the same for the same course.
func WithCourse(ctx context.Context, course any) context.Context {
	return context.WithValue(ctx, courseKey{}, course)
}

// Course tells which course a request is about, for RoundTrippers that judge by
// course; nil is for a request that is about none, or whose sender did not say. A
// [Client] gives its Endpoint's URL. It is for comparing and not for showing.
func Course(ctx context.Context) any { return ctx.Value(courseKey{}) }
