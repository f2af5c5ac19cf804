package runtime

import "github.com/amsx-lang/amsx/parser/ast"

// waiting notes SQL text that nothing has executed yet.
func (w *flowWalk) waiting(s *ast.Text) {
	w.text, w.texts = s, append(w.texts, s)
}

// pending follows the SQL text that waits for SqlExecute.
func (w *flowWalk) pending(call *ast.Call, cmd *Command) {
	if len(call.Args) > 0 {
		return
	}
	if len(cmd.Params) == 0 && cmd.Effects == 0 || len(cmd.Params) > 0 && cmd.Params[0].Type == SQLParam {
		w.text, w.texts = nil, nil // SqlExecute, or ClearText
	}
}
