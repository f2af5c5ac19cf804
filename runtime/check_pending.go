package runtime

import "github.com/amsx-lang/amsx/parser/ast"

// waiting notes SQL text that nothing has executed yet.
func (w *flowWalk) waiting(s *ast.Text) {
	w.text, w.texts = s, append(w.texts, s)
}

// pending follows the SQL text that waits for SqlExecute.
func (w *flowWalk) pending(call *ast.Call, cmd *Command) {
	if endsPending(call, cmd) {
		w.text, w.texts = nil, nil
	}
}

// endsPending reports whether a call takes all SQL text that waits: SqlExecute,
// or ClearText, which has no parameters.
func endsPending(call *ast.Call, cmd *Command) bool {
	return len(call.Args) == 0 && (len(cmd.Params) == 0 && cmd.Effects == 0 || len(cmd.Params) > 0 && cmd.Params[0].Type == SQLParam)
}
