package betterauth

import "switchyard/shared/config"

// ProviderOrigins returns the origins of the pages where providers sign people in,
// such as "https://github.com": where a form that starts it leads.
func (s *Server) ProviderOrigins() []string {
	pages := map[string]config.URL{"github": s.config.GitHubURL, "google": s.config.GoogleAuth}
	var origins []string
	for _, id := range s.Providers() {
		u := pages[id]
		origins = append(origins, u.Scheme+"://"+u.Host)
	}
	return origins
}
