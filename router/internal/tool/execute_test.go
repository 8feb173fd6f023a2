package tool_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"switchyard/router/internal/tool"
)

var errBurnt = errors.New("it is burnt")

// bakery is a program of some verbs. What it bakes is in made.
func bakery(made *[]string) *cobra.Command {
	type kind string
	var with []string
	crust := kind("thin")
	bake := &cobra.Command{
		Use: "bake WHAT", Short: "Bake one.", Long: "Bakes one, and not two.", Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if args[0] == "coal" {
				return errBurnt
			}
			*made = append(append(*made, args[0], string(crust)), with...)
			return nil
		},
	}
	f := bake.Flags()
	f.StringArrayVar(&with, "with", nil, "Some `FRUIT` on it.")
	f.Var(tool.OneOf(&crust, "thin", "thick"), "crust", "How it is to be.")
	f.Bool("hot", false, "Serve it hot.")
	f.Bool("cold", false, "Serve it cold.")
	bake.MarkFlagsMutuallyExclusive("hot", "cold")
	sell := &cobra.Command{Use: "sell", Short: "Sell one.", Args: cobra.NoArgs, RunE: func(*cobra.Command, []string) error { return nil }}
	sell.Flags().String("price", "", "The `PRICE`.")
	_ = sell.MarkFlagRequired("price")
	shop := &cobra.Command{Use: "shop VERB", Short: "All about selling."}
	shop.AddCommand(sell, &cobra.Command{Use: "hide", Hidden: true, RunE: sell.RunE})
	root := &cobra.Command{Use: "bakery VERB", Long: "Bakes and sells."}
	root.AddCommand(bake, shop)
	root.PersistentFlags().BoolFunc("version", "Say the version.", func(string) error { return tool.StatusError(0) })
	return root
}

func TestExecute(t *testing.T) {
	t.Parallel()
	for args, tt := range map[string]struct {
		err    error
		out    string // in what is printed
		errOut string // all of what is said
		made   string
	}{
		"":                                    {out: "Usage: bakery VERB\n\nVerbs:\n  bake        Bake one.\n  shop        All about selling.\n\nFlags:\n"},
		"--help":                              {out: "Bakes and sells.\n\nUsage: bakery VERB\n"},
		"bake -h":                             {out: "Bakes one, and not two.\n\nUsage: bakery bake WHAT [flags]\n\nFlags:\n      --with FRUIT         Some FRUIT on it.\n      --crust thin|thick   How it is to be. (default thin)\n"},
		"shop --help":                         {out: "  sell        Sell one.\n\nFlags:"},
		"bake --version":                      {err: tool.StatusError(0)},
		"bake cake":                           {made: "cake thin"},
		"bake cake --crust thick":             {made: "cake thick"},
		"bake --with a,b --with c cake --hot": {made: "cake thin a,b c"},
		"bake coal":                           {err: errBurnt},
		"bake":                                {errOut: "the arguments are [], want: bakery bake WHAT [flags]\nTry: bakery bake --help"},
		"bake cake pie":                       {errOut: "the arguments are [\"cake\" \"pie\"], want: bakery bake WHAT [flags]\nTry: bakery bake --help"},
		"bake cake --fast":                    {errOut: "unknown flag: --fast\nTry: bakery bake --help"},
		"bake cake --crust none":              {errOut: "invalid argument \"none\" for \"--crust\" flag: want one of thin, thick\nTry: bakery bake --help"},
		"bake cake --hot --cold":              {errOut: "if any flags in the group [hot cold] are set none of the others can be; [cold hot] were all set\nTry: bakery bake --help"},
		"shop sell":                           {errOut: "required flag(s) \"price\" not set\nTry: bakery shop sell --help"},
		"shop sell --price 1":                 {},
		"shop":                                {errOut: "want one of sell\nTry: bakery shop --help"},
		"shop buy":                            {errOut: "there is no verb \"buy\": want one of sell\nTry: bakery shop --help"},
		"baek cake":                           {errOut: "there is no verb \"baek\": did you mean bake?\nTry: bakery --help"},
		"help":                                {errOut: "there is no verb \"help\": want one of bake, shop\nTry: bakery --help"},
		"completion bash":                     {errOut: "there is no verb \"completion\": want one of bake, shop\nTry: bakery --help"},
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			var made []string
			var out, errOut bytes.Buffer
			p := &tool.Process{Ctx: t.Context(), Out: &out, ErrOut: &errOut}
			err := p.Execute(bakery(&made), strings.Fields(args))
			if tt.errOut != "" {
				tt.err, tt.errOut = tool.StatusError(2), "bakery: "+tt.errOut+"\n"
			}
			if !errors.Is(err, tt.err) || errOut.String() != tt.errOut {
				t.Errorf("%v, want %v; it says %q, want %q", err, tt.err, &errOut, tt.errOut)
			}
			if !strings.Contains(out.String(), tt.out) || tt.out == "" && out.Len() > 0 {
				t.Errorf("no %q in\n%s", tt.out, &out)
			}
			if got := strings.Join(made, " "); got != tt.made {
				t.Errorf("it made %q, want %q", got, tt.made)
			}
		})
	}
}

// What comes of a variable that is empty is no verb.
func TestNamelessVerb(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	p := &tool.Process{Ctx: t.Context(), Out: &out, ErrOut: &out}
	if err := p.Execute(bakery(nil), []string{""}); !errors.Is(err, tool.StatusError(2)) {
		t.Errorf("%v\n%s", err, &out)
	}
}

// A flag that begins as none of its words may be told so: --crust "$CRUST".
func TestOneOfNone(t *testing.T) {
	t.Parallel()
	var crust string
	f := tool.OneOf(&crust, "thin", "thick")
	for word, fine := range map[string]bool{"": true, "thick": true, "Thick": false} {
		if err := f.Set(word); (err == nil) != fine {
			t.Errorf("%q: %v", word, err)
		}
	}
}

func TestPath(t *testing.T) {
	home := t.TempDir()
	t.Setenv("HOME", home)
	t.Chdir(home)
	for given, want := range map[string]string{
		"": "", "/a": "/a", "a/b": filepath.Join(home, "a/b"), "~/a": filepath.Join(home, "a"), "~a": filepath.Join(home, "~a"),
	} {
		if got, err := tool.Path(given); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", given, got, err, want)
		}
	}
}
